import { inside, ipBatch, run, setSystemValues } from '../../../../tooling/test-support/netns/commands.js'
import { DelayLine, type LineEnd } from '../../../../tooling/test-support/netns/line.js'
import { Namespaces, removeLeftovers } from '../../../../tooling/test-support/netns/namespaces.js'

/** What a path between two namespaces is like. */
export interface PathOptions {
  /** Bytes that leave either end in a second. */
  readonly bytesPerSecond: number
  /** Time from one end to the other, in ms. */
  readonly delayMs: number
}

/** Two network namespaces with one path between them, made for a test. */
export interface Network {
  /** The namespaces' names, for `ip netns exec`. */
  readonly a: string
  readonly b: string
  /** The address of b's end. */
  readonly address: string
  /** Takes the path down for good: nothing arrives any more, and neither end is told. */
  cut(): void
  /** Removes everything. */
  dispose(): Promise<void>
}

const ADDRESSES = { a: '10.77.0.1', b: '10.77.0.2' }

/** Windows of TCP that suit the longest path here; in the namespaces only. */
const SYSCTLS = {
  'net/ipv4/tcp_wmem': '4096 16384 67108864',
  'net/ipv4/tcp_rmem': '4096 131072 67108864',
}

/** What a packet may hold: as large as on most fast links. */
const MTU = '9000'

/** Makes a network. Where the kernel has no netem, a process between two TUN devices takes its place. */
export async function network(options: PathOptions): Promise<Network> {
  removeLeftovers()
  const namespaces = new Namespaces()
  const names = { a: namespaces.add('a'), b: namespaces.add('b') }
  const line = hasNetem(names.a) ? layVeth(names, options) : await layTun(names, options)
  for (const end of ['a', 'b'] as const) configure(names[end], ADDRESSES[end])
  return {
    ...names,
    address: ADDRESSES.b,
    cut() {
      for (const namespace of [names.a, names.b]) ipBatch(namespace, ['link set path down'])
    },
    async dispose() {
      await line?.end()
      namespaces[Symbol.dispose]()
    },
  }
}

function hasNetem(namespace: string): boolean {
  try {
    inside(namespace, 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms')
    inside(namespace, 'tc', 'qdisc', 'del', 'dev', 'lo', 'root')
    return true
  } catch {
    return false
  }
}

function layVeth(names: { a: string; b: string }, options: PathOptions): undefined {
  const peer = ['type', 'veth', 'peer', 'name', 'path', 'netns', names.b]
  run('ip', 'link', 'add', 'path', 'netns', names.a, ...peer)
  const { bytesPerSecond, delayMs } = options
  // Packets under way count against the limit; with less than the path holds, netem itself would lose some.
  const netem = ['delay', `${delayMs}ms`, 'rate', `${bytesPerSecond * 8}bit`, 'limit', '100000']
  for (const namespace of [names.a, names.b]) {
    inside(namespace, 'tc', 'qdisc', 'add', 'dev', 'path', 'root', 'netem', ...netem)
  }
  return undefined
}

async function layTun(names: { a: string; b: string }, options: PathOptions): Promise<DelayLine> {
  const [one, other] = [names.a, names.b].map((namespace) => ({ namespace, name: 'path' }))
  return await DelayLine.lay([one as LineEnd, other as LineEnd], options, 'tun')
}

function configure(namespace: string, address: string): void {
  ipBatch(namespace, [`addr add ${address}/24 dev path`, `link set path mtu ${MTU} txqueuelen 10000 up`])
  setSystemValues(namespace, SYSCTLS)
}
