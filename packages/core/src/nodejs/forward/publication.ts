import { connect, type Socket as TcpSocket } from 'node:net'
import { checkBindNames, type BindOptions } from '../../api/bind-options.js'
import { checkOptions, checkTimeout, type OptionNames } from '../../api/check.js'
import type { ListenerAddress } from '../../api/listener-address.js'
import { NetError } from '../../api/net-error.js'
import type { Listener } from '../listener.js'
import { formatLocalPlace, parseLocalPlace, type LocalPlace } from './local-place.js'
import { LocalProxy, type ProxySide, type WhenClosing } from './local-proxy.js'
import { checkProxyOptions, PROXY_OPTIONS, type ProxyOptions } from './proxy-options.js'
import { withinOptions } from '../../api/within-option.js'

/** How long a local server may take to accept a connection, in ms. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000

/** How to publish. */
export interface PublishOptions extends ProxyOptions {
  /** How the name is bound, for example with `health: { tcp: '127.0.0.1:8080' }`. Default `{}`. */
  bind?: BindOptions
  /** How long the local server may take to accept a connection, in ms, 1 to 2^31 - 1. Default 10,000. */
  connectTimeoutMs?: number
}

const PUBLISH_OPTIONS: OptionNames<PublishOptions> = {
  ...PROXY_OPTIONS,
  bind: true,
  connectTimeoutMs: true,
}

/** A name in the network whose connections lead to a server of this machine. */
export class Publication extends LocalProxy {
  readonly #local: string
  readonly #listener: Listener

  /** @internal */
  constructor(listener: Listener, local: string, side: ProxySide) {
    super(side)
    this.#listener = listener
    this.#local = local
    listener.on('connection', (socket) => this.accept(socket))
    // While it closes, connections of this machine may have bytes to send yet.
    listener.once('close', () => void (this.isOpen && this.close()))
  }

  /** Where it connects. */
  get local(): string {
    return this.#local
  }

  /** What is bound; `null` once it is closed. */
  get bound(): ListenerAddress | null {
    return this.#listener.address()
  }
}

/** @internal What a publication needs of its node. */
interface PublicationParts {
  /** `AstraNet.bind`, at once. */
  readonly bind: (options: BindOptions) => Listener
  /** Calls back when the node closes. */
  readonly whenClosing: WhenClosing
  readonly report: ProxySide['report']
}

/** @internal See `AstraNet.publish`. */
export function publishLocal(
  address: string,
  target: string | number,
  { parts, options }: { readonly parts: PublicationParts; readonly options: PublishOptions },
): Publication {
  const place = parseLocalPlace('target', target, 1)
  const checked = checkProxyOptions(checkOptions('options', options, PUBLISH_OPTIONS))
  const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
  checkTimeout('options.connectTimeoutMs', connectTimeoutMs, 1)
  checked.signal?.throwIfAborted()
  const bind = { ...checkBindNames(options.bind ?? {}, 'options.bind'), allowHalfOpen: true }
  const listener = withinOptions('options.bind', () => parts.bind(bind))
  const publication = new Publication(listener, formatLocalPlace(place), {
    ...{ kind: 'publish', options: checked, address },
    connect: () => connectLocal(place, connectTimeoutMs),
    stop: () => void listener.close(),
    report: parts.report,
  })
  publication.closeWith(parts.whenClosing)
  return publication
}

function connectLocal(place: LocalPlace, timeoutMs: number): TcpSocket {
  const socket = connect({ ...place, allowHalfOpen: true, noDelay: true, keepAlive: true })
  const address = formatLocalPlace(place)
  const onTimeout = (): void =>
    void socket.destroy(new NetError('ETIMEDOUT', 'no answer', { syscall: 'connect', address }))
  socket.setTimeout(timeoutMs, onTimeout)
  socket.once('connect', () => socket.setTimeout(0, onTimeout))
  return socket
}
