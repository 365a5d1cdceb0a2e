import { EventEmitter } from 'node:events'
import { onAbort } from '@astranet/interface'
import { whilePending } from '../../node/keep-alive.js'
import { keepAlive } from '../keep-alive.js'
import { holdBack } from './hold-back.js'
import { encodeProxyHeader, type ProxyHeader } from './proxy-header.js'
import { checkProxyClose, type CheckedProxyOptions, type ProxyCloseOptions } from './proxy-options.js'
import { reset, splice, type SplicedEnd } from './splice.js'
import { takeProxyHeader } from './take-proxy-header.js'

/** What a proxy has done so far, and does now. Only `open` falls. */
export interface ProxyInspection {
  /** Connections that are open. */
  readonly open: number
  /** Connections that clients have made. */
  readonly accepted: number
  /** Those of them that the other side did not take. */
  readonly failed: number
  /** Connections that were reset at once, because `maxConnections` were open. */
  readonly refused: number
  /** Bytes from clients. */
  readonly receivedBytes: number
  /** Bytes to clients. */
  readonly sentBytes: number
}

/** A connection of a `forward` could not be joined to the other side, and was reset: `{ error, local, address }`. */
const FORWARD_FAILED = 'astranet:forward:failed'

/** The same, of a publication: `{ error, local, address }`. */
const PUBLISH_FAILED = 'astranet:publish:failed'

const CHANNELS = { forward: FORWARD_FAILED, publish: PUBLISH_FAILED } as const

/** A connection that could not be joined to the other side; also the message of the channels. */
export interface ProxyFailure {
  readonly error: Error
  /** The address of this machine. */
  readonly local: string
  /** The address in the network. */
  readonly address: string
}

interface ProxyEvents {
  failed: [failure: ProxyFailure]
  close: []
}

/** @internal See `NodeHandle.whenClosing`. */
export type WhenClosing = (closer: (drainMs: number) => Promise<void>) => () => void

/** @internal What a proxy needs of its kind. */
export interface ProxySide {
  readonly kind: 'forward' | 'publish'
  readonly options: CheckedProxyOptions
  /** The address in the network. */
  readonly address: string
  /** Opens the other end of a connection. */
  readonly connect: () => SplicedEnd
  /** Publishes on a diagnostics channel. */
  readonly report: (name: string, message: object) => void
  /** Stops accepting. */
  readonly stop: () => void
}

/**
 * Passes connections on from one side to the other. An error of a connection ends that connection alone.
 *
 * Events: `'failed'`, with a {@link ProxyFailure}: the other side did not take a connection, a connection came without
 * the PROXY header that it must have (both are reset), or the system could not accept one. The diagnostics channel
 * `astranet:forward:failed` or `astranet:publish:failed` reports the same. `'close'`: it is closed and its last
 * connection is over.
 */
export abstract class LocalProxy extends EventEmitter<ProxyEvents> implements AsyncDisposable {
  readonly #pairs = new Set<readonly SplicedEnd[]>()
  readonly #counts = { accepted: 0, failed: 0, refused: 0, receivedBytes: 0, sentBytes: 0 }
  readonly #side: ProxySide
  #closed: Promise<void> | undefined = undefined
  #timer: NodeJS.Timeout | undefined = undefined
  readonly #ignoreSignal: () => void

  /** @internal */
  protected constructor(side: ProxySide) {
    super()
    this.#side = side
    const { signal } = side.options
    if (signal?.aborted === true) process.nextTick(() => void this.close())
    this.#ignoreSignal = onAbort(signal, () => void this.close())
  }

  /** The address of this machine: where it listens, or where it connects. */
  abstract get local(): string

  /** The address in the network: what is dialed, or what is bound. */
  get address(): string {
    return this.#side.address
  }

  /** Whether it accepts connections. */
  get isOpen(): boolean {
    return this.#closed === undefined
  }

  /** Its counters, as plain data. */
  inspect(): ProxyInspection {
    let { receivedBytes, sentBytes } = this.#counts
    for (const [client] of this.#pairs) {
      receivedBytes += client?.bytesRead ?? 0
      sentBytes += client?.bytesWritten ?? 0
    }
    return { ...this.#counts, receivedBytes, sentBytes, open: this.#pairs.size }
  }

  /**
   * Stops accepting at once; resolves when all connections are over, which `drainMs` gives time for. Idempotent; a
   * later call without it ends the wait. Rejects with a TypeError or RangeError that names `drainMs`.
   */
  async close(options: ProxyCloseOptions = {}): Promise<void> {
    const drainMs = checkProxyClose(options)
    this.#closed ??= this.#stop()
    if (drainMs === 0) this.#resetAll()
    else this.#timer ??= setTimeout(() => this.#resetAll(), drainMs).unref()
    await whilePending(keepAlive, this.#closed)
  }

  /** Closes it without a wait. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @internal It closes with its node. */
  closeWith(whenClosing: WhenClosing): void {
    this.once(
      'close',
      whenClosing((drainMs) => this.close({ drainMs })),
    )
  }

  /** @internal Takes a connection of a client. */
  protected accept(client: SplicedEnd): void {
    client.on('error', ignore)
    if (!this.isOpen || this.#pairs.size >= this.#side.options.maxConnections) {
      this.#counts.refused += 1
      reset(client)
      return
    }
    this.#counts.accepted += 1
    const waiting = [client]
    this.#pairs.add(waiting)
    if (!this.#side.options.acceptProxy) return this.#connect(waiting, client, undefined)
    takeProxyHeader(client).then(
      (header) => this.#connect(waiting, client, header),
      (error: Error) => {
        this.#fail(client, error)
        this.#over(waiting, client)
      },
    )
  }

  #connect(waiting: readonly SplicedEnd[], client: SplicedEnd, header: ProxyHeader | undefined): void {
    if (client.destroyed) return this.#over(waiting, client)
    this.#pairs.delete(waiting)
    const server = this.#side.connect()
    const pair = [client, server]
    this.#pairs.add(pair)
    const onRefused = (error: Error): void => this.#fail(client, error)
    server.on('error', ignore).once('error', onRefused)
    server.once('connect', () => server.off('error', onRefused))
    if (this.#side.options.sendProxy) server.write(encodeProxyHeader(header ?? endsOf(client)))
    splice(client, server, () => this.#over(pair, client))
    holdBack(client, server)
  }

  #fail(client: SplicedEnd, error: Error): void {
    // The client has gone, or was reset because the proxy closes: the other side has not failed.
    if (client.destroyed) return
    this.#counts.failed += 1
    reset(client)
    this.report(error)
  }

  /** @internal Reports an error that ends no more than one connection. */
  protected report(error: Error): void {
    const { kind, address, report } = this.#side
    const failure: ProxyFailure = { error, local: this.local, address }
    report(CHANNELS[kind], failure)
    this.emit('failed', failure)
  }

  #over(pair: readonly SplicedEnd[], client: SplicedEnd): void {
    if (!this.#pairs.delete(pair)) return
    this.#counts.receivedBytes += client.bytesRead
    this.#counts.sentBytes += client.bytesWritten
    if (this.#pairs.size === 0) this.#drained()
  }

  #stop(): Promise<void> {
    this.#ignoreSignal()
    this.#side.stop()
    const closed = new Promise<void>((resolve) => this.once('close', resolve))
    if (this.#pairs.size === 0) process.nextTick(() => this.#drained())
    return closed
  }

  #drained(): void {
    if (this.isOpen) return
    clearTimeout(this.#timer)
    this.emit('close')
  }

  #resetAll(): void {
    for (const pair of this.#pairs) for (const end of pair) reset(end)
  }
}

/** The ends of a connection, if both have addresses of IP. */
function endsOf(client: SplicedEnd): ProxyHeader {
  const { remoteAddress, remotePort, localAddress, localPort } = client
  if (remoteAddress === undefined || localAddress === undefined)
    return { source: undefined, destination: undefined }
  return {
    source: { address: remoteAddress, port: (remotePort ?? 0) & 0xffff },
    destination: { address: localAddress, port: (localPort ?? 0) & 0xffff },
  }
}

/** An error of a socket is followed by its 'close', which is what counts. */
function ignore(): void {}
