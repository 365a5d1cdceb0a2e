import { ipBatch, setFirewall, setSystemValues } from './commands.js'
import type { DelayLine, LineEnd, LineOptions } from './line.js'
import { Namespaces, removeLeftovers } from './namespaces.js'
import { natRules, type NatOptions } from './nat-rules.js'
import { NodeProcess, type Calls } from './node-process.js'
import { cable } from './cable.js'

/** A machine of the lab: a network namespace with one network interface, `eth0` or, of a gateway, `wan`. */
export interface Host {
  /** For `ip netns exec`. */
  readonly namespace: string
  /** Its IPv4 address; empty where its network has none. */
  readonly address: string
  /** Its IPv6 address; empty where its network has none. */
  readonly address6: string
  /** Its network interface. */
  readonly device: string
}

/** Which addresses the hosts of a network have. */
export type Families = 'both' | 'four' | 'six'

/** A network of hosts, each on a port of one switch. */
export interface Network {
  /** Adds a host. */
  host(label: string, line?: LineOptions): Promise<Host>
  /** Adds a gateway to a new network behind it. */
  gateway(label: string, options?: GatewayOptions): Promise<Gateway>
}

/** A gateway, and the network behind it. */
export interface Gateway extends Network {
  /** The gateway's namespace. Its switch is the bridge `lan`, whose ports are `port2`, `port3` and so on. */
  readonly namespace: string
  /** The gateway's side towards its own network. */
  readonly wan: Host
  /** Replaces how it translates and filters. Connections that are open keep their ports. */
  setNat(nat: NatOptions): void
}

/** What a gateway is like. */
export interface GatewayOptions {
  readonly nat?: NatOptions
  /** The addresses of the hosts behind it. Default `'four'`. */
  readonly families?: Families
  /** The IPv4 network behind it, `/24`: the first three numbers. Default a free one in 192.168. */
  readonly prefix?: string
  /** The line from the gateway to its own network. Default: one without delay. */
  readonly line?: LineOptions
}

/** The addresses of the network between all: those that documentation uses (RFC 5737, RFC 3849). */
const INTERNET = { prefix: '203.0.113', prefix6: '2001:db8:0' }

/**
 * A network of its own in namespaces, with a switch in the middle that stands for the internet. Nothing in it is
 * connected to the machine's own network. It takes root, iproute2 and nftables; a line with a delay takes perl too.
 */
export class Lab implements Network, AsyncDisposable {
  readonly #namespaces = new Namespaces()
  readonly #lines: DelayLine[] = []
  readonly #processes: AsyncDisposable[] = []
  readonly #internet: Switch
  #gateways = 0

  constructor() {
    removeLeftovers()
    this.#internet = this.#makeSwitch('internet', INTERNET, 'both')
    setSystemValues(this.#internet.namespace, {
      'net/ipv4/ip_forward': '1',
      'net/ipv6/conf/all/forwarding': '1',
      'net/ipv4/conf/all/send_redirects': '0',
    })
  }

  /** The namespace of the switch in the middle, through which packets between its hosts and to elsewhere go. */
  get internet(): string {
    return this.#internet.namespace
  }

  host(label: string, line?: LineOptions): Promise<Host> {
    return this.#host(this.#internet, label, line)
  }

  gateway(label: string, options?: GatewayOptions): Promise<Gateway> {
    return this.#gateway(this.#internet, label, options)
  }

  /** Starts a process in a host; see {@link NodeProcess}. It ends with the lab. */
  start<T extends Calls>({ namespace }: Host, script: URL): NodeProcess<T> {
    const started = new NodeProcess<T>(namespace, script)
    this.#processes.push(started)
    return started
  }

  /** Ends and removes everything. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((each) => each[Symbol.asyncDispose]()))
    await Promise.all(this.#lines.splice(0).map((line) => line.end()))
    this.#namespaces[Symbol.dispose]()
  }

  #makeSwitch(label: string, prefixes: Prefixes, families: Families): Switch {
    const namespace = this.#namespaces.add(label)
    return switchIn(namespace, prefixes, families)
  }

  async #host(network: Switch, label: string, line?: LineOptions): Promise<Host> {
    const namespace = this.#namespaces.add(label)
    return await this.#plug(network, { namespace, name: 'eth0' }, line)
  }

  /** Connects an interface to the switch, and gives it addresses there. */
  async #plug(network: Switch, end: LineEnd, line: LineOptions | undefined): Promise<Host> {
    const number = ++network.used
    const port = { namespace: network.namespace, name: `port${number}` }
    const laid = await cable(end, port, line)
    if (laid !== undefined) this.#lines.push(laid)
    ipBatch(network.namespace, [`link set ${port.name} master lan up`])
    const { families, prefix, prefix6 } = network
    const [address, address6] = [`${prefix}.${number}`, `${prefix6}::${number.toString(16)}`]
    const lines = [`link set ${end.name} up`]
    if (families !== 'six') {
      lines.push(`addr add ${address}/24 dev ${end.name}`, `route add default via ${prefix}.1`)
    }
    if (families !== 'four') {
      lines.push(`addr add ${address6}/64 dev ${end.name} nodad`, `route add default via ${prefix6}::1`)
    }
    ipBatch(end.namespace, lines)
    const [has4, has6] = [families !== 'six', families !== 'four']
    const { namespace, name: device } = end
    return { namespace, device, address: has4 ? address : '', address6: has6 ? address6 : '' }
  }

  async #gateway(outside: Switch, label: string, options: GatewayOptions = {}): Promise<Gateway> {
    const { nat = {}, families = 'four', line } = options
    const number = ++this.#gateways
    const { prefix = `192.168.${number}` } = options
    const inner = this.#makeSwitch(label, { prefix, prefix6: `2001:db8:${number.toString(16)}` }, families)
    const wan = await this.#plug(outside, { namespace: inner.namespace, name: 'wan' }, line)
    setSystemValues(inner.namespace, {
      'net/ipv4/ip_forward': '1',
      'net/ipv6/conf/all/forwarding': '1',
      'net/ipv4/conf/all/send_redirects': '0',
    })
    if (families !== 'four' && wan.address6 !== '') {
      ipBatch(outside.namespace, [`route add ${inner.prefix6}::/64 via ${wan.address6}`])
    }
    const setNat = (rules: NatOptions): void => setFirewall(inner.namespace, natRules(rules, wan.address))
    setNat(nat)
    return {
      namespace: inner.namespace,
      wan,
      setNat,
      host: (name, hostLine) => this.#host(inner, name, hostLine),
      gateway: (name, more) => this.#gateway(inner, name, more),
    }
  }
}

interface Prefixes {
  /** The first three numbers of its IPv4 addresses. */
  readonly prefix: string
  /** The first three groups of its IPv6 addresses. */
  readonly prefix6: string
}

/** A namespace that is the switch of a network, and its router to the outside. */
interface Switch extends Prefixes {
  readonly namespace: string
  readonly families: Families
  /** The last address that was given to a host; the first is the router's. */
  used: number
}

function switchIn(namespace: string, { prefix, prefix6 }: Prefixes, families: Families): Switch {
  const lines = ['link add lan type bridge', 'link set lan up']
  if (families !== 'six') lines.push(`addr add ${prefix}.1/24 dev lan`)
  if (families !== 'four') lines.push(`addr add ${prefix6}::1/64 dev lan nodad`)
  ipBatch(namespace, lines)
  return { namespace, prefix, prefix6, families, used: 1 }
}
