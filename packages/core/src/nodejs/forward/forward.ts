import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { checkDialNames, checkDialOptions, type DialOptions } from '../../api/dial-options.js'
import { checkOptions, type OptionNames } from '../../api/check.js'
import type { Socket } from '../socket.js'
import { formatLocalPlace, parseLocalPlace } from './local-place.js'
import { LocalProxy, type ProxySide, type WhenClosing } from './local-proxy.js'
import { checkProxyOptions, PROXY_OPTIONS, type ProxyOptions } from './proxy-options.js'
import { withinOption } from '../../api/within-option.js'

/** How to forward. */
export interface ForwardOptions extends ProxyOptions {
  /** How each connection dials. Its `signal` ends the connections, that of the forward the forward. Default `{}`. */
  dial?: DialOptions
}

const FORWARD_OPTIONS: OptionNames<ForwardOptions> = { ...PROXY_OPTIONS, dial: true }

/** @internal What a forward needs of its node. */
export interface ForwardParts {
  /** `AstraNet.connect` on the network `''`. Throws when the address is wrong. */
  readonly connect: (address: string, options: DialOptions) => Socket
  /** Throws when the address is wrong. */
  readonly checkAddress: (address: string, options: DialOptions) => void
  /** Calls back when the node closes. */
  readonly whenClosing: WhenClosing
  readonly report: ProxySide['report']
}

/**
 * A local port, or Unix socket, whose connections lead to a service. Keeps the process alive unless it is `unref`'d.
 */
export class Forward extends LocalProxy {
  readonly #server: Server
  readonly #local: string

  /** @internal The server listens already. */
  constructor(server: Server, side: ProxySide) {
    super(side)
    this.#server = server
    this.#local = textOf(server.address())
    server.on('connection', (socket) => this.accept(socket))
    // It goes on listening after an error, which may be that the process has too many files open.
    server.on('error', (error) => this.report(error))
  }

  /** Where it listens, with the port that the system chose when 0 was asked for. */
  get local(): string {
    return this.#local
  }

  ref(): this {
    this.#server.ref()
    return this
  }

  unref(): this {
    this.#server.unref()
    return this
  }
}

/** @internal See `AstraNet.forward`. */
export async function openForward(
  local: string | number,
  address: string,
  { parts, options }: { readonly parts: ForwardParts; readonly options: ForwardOptions },
): Promise<Forward> {
  const place = parseLocalPlace('local', local)
  const checked = checkProxyOptions(checkOptions('options', options, FORWARD_OPTIONS))
  const dial = { ...checkDialNames(options.dial ?? {}, 'options.dial'), allowHalfOpen: true }
  withinOption('options.dial', () => checkDialOptions(dial))
  parts.checkAddress(address, dial)
  checked.signal?.throwIfAborted()
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true })
  server.listen(place)
  await once(server, 'listening')
  const forward = new Forward(server, {
    ...{ kind: 'forward', options: checked, address },
    connect: () => parts.connect(address, dial),
    stop: () => void server.close(),
    report: parts.report,
  })
  forward.closeWith(parts.whenClosing)
  return forward
}

function textOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return address ?? ''
  return formatLocalPlace({ host: address.address, port: address.port })
}
