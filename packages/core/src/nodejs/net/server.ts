import { AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { captureRejectionSymbol, EventEmitter } from 'node:events'
import { isIP, type Server as NodeServer } from 'node:net'
import { onAbort } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { nodeAddress } from '../../api/node-address.js'
import { NetError } from '../../api/net-error.js'
import { checkSocketOptions } from '../../api/socket-options.js'
import type { RemoteIdentity } from '../../links/remote-identity.js'
import type { ListenerQueue } from '../../listen/listener-queue.js'
import type { SocketDetails } from '../../node/socket-details.js'
import type { SocketFactory } from '../../node/socket-factory.js'
import { acceptedOrigins, callerOrigin } from '../async-origin.js'
import { keepAlive } from '../keep-alive.js'
import type { Socket } from '../socket.js'
import { nodeServer, normalArguments, type Given } from './arguments.js'
import { alreadyListening, listenError, serverNotRunning } from './errors.js'
import { isLoopback } from './hosts.js'
import { listenTarget, type ListenTarget } from './listen-target.js'
import { AcceptedStream } from './accepted-stream.js'
import { isDropped } from './max-connections.js'
import type { NetNetwork } from './network.js'

/** Where Node publishes each socket that a server has accepted. */
const serverSockets = channel('net.server.socket')

/** @internal Makes the socket of an accepted connection. */
export type AcceptSocket = (accepted: AcceptedStream) => Socket

/** @internal What a server needs. */
export interface NetServerParts {
  readonly network: NetNetwork
  readonly accept: AcceptSocket
}

/** A server of a `net` module: it has the methods, properties, events and errors of `net.Server`. */
export class NetServer extends EventEmitter implements AsyncDisposable {
  maxConnections: number | undefined
  dropMaxConnection: boolean | undefined
  allowHalfOpen: boolean
  pauseOnConnect: boolean
  noDelay: boolean
  keepAlive: boolean
  keepAliveInitialDelay: number
  highWaterMark: number | undefined
  readonly #parts: NetServerParts
  #queue: ListenerQueue<Socket> | undefined = undefined
  #target: ListenTarget | undefined = undefined
  #connections = 0
  #isUnref = false
  /** What stops a signal from closing it. */
  #ignoreSignal: (() => void) | undefined = undefined

  constructor(parts: NetServerParts, options?: unknown, onConnection?: unknown) {
    super()
    this.#parts = parts
    const settings = nodeServer(options) as NodeServer & Given
    this.allowHalfOpen = Boolean(settings['allowHalfOpen'])
    this.pauseOnConnect = Boolean(settings['pauseOnConnect'])
    this.noDelay = Boolean(settings['noDelay'])
    this.keepAlive = Boolean(settings['keepAlive'])
    this.keepAliveInitialDelay = Number(settings['keepAliveInitialDelay'])
    this.highWaterMark = (options as Given | undefined)?.['highWaterMark'] as number | undefined
    const handler = typeof options === 'function' ? options : onConnection
    if (typeof handler === 'function') this.on('connection', handler as () => void)
    const emitter: EventEmitter = this
    // A method of `net.Server`. The compiler cannot declare it in a class, because of its name.
    Object.defineProperty(emitter, captureRejectionSymbol, { value: onRejection, enumerable: false })
  }

  /** Whether it listens. */
  get listening(): boolean {
    return this.#queue !== undefined
  }

  /**
   * Listens: `(port, host, backlog)`, `(options)` or `(path, backlog)`, each with a handler of `'listening'` behind it.
   * The port is there at once, `'listening'` comes in the same turn; what cannot be bound is `'error'`.
   */
  listen(...args: readonly unknown[]): this {
    const { options, callback } = normalArguments(args)
    if (this.listening) throw alreadyListening()
    if (callback !== undefined) this.once('listening', callback)
    const target = listenTarget(args, options)
    this.#followSignal(options['signal'] as AbortSignal | undefined)
    try {
      this.#bind(target)
      process.nextTick(() => {
        if (this.listening) this.emit('listening')
      })
    } catch (error) {
      const { shownHost: address, shownPort: port } = target
      const code = error instanceof NetError ? error.code : 'EINVAL'
      const failure = code.startsWith('ERR_') ? error : listenError(code, { address, port }, error)
      process.nextTick(() => this.emit('error', failure))
    }
    return this
  }

  /** Where it listens, as Node says it: an object for a port, the path for a path, `null` when it does not listen. */
  address(): { address: string; family: string; port: number } | string | null {
    if (this.#queue === undefined || this.#target === undefined) return null
    const { path, shownHost } = this.#target
    if (path !== undefined) return path
    const ip = isIP(shownHost) === 0 ? this.#queue.address().address : shownHost
    return { address: ip, family: isIP(ip) === 4 ? 'IPv4' : 'IPv6', port: this.#queue.address().port }
  }

  /** A text that Node has for its cluster, and programs for telling servers apart: family, host and port. */
  get _connectionKey(): string | undefined {
    if (this.#target === undefined) return undefined
    const { path, shownHost, shownPort } = this.#target
    return `${path === undefined ? isIP(shownHost) || 6 : -1}:${shownHost}:${shownPort}`
  }

  /** How many connections are open. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(callback, null, this.#connections)
    return this
  }

  /** Stops listening; `'close'` comes, and `onClosed` is called, when the last connection is over. */
  close(onClosed?: (error?: Error) => void): this {
    if (typeof onClosed === 'function') {
      if (this.listening) this.once('close', onClosed)
      else this.once('close', () => onClosed(serverNotRunning()))
    }
    const queue = this.#queue
    this.#stopped()
    queue?.close()
    this.#emitCloseIfDrained()
    return this
  }

  /** It keeps the process alive again while it listens, as every server does. */
  ref(): this {
    if (this.#isUnref && this.listening) keepAlive.hold()
    this.#isUnref = false
    return this
  }

  /** It does not keep the process alive any more. */
  unref(): this {
    if (!this.#isUnref && this.listening) keepAlive.release()
    this.#isUnref = true
    return this
  }

  /** Closes it; resolves when the last connection is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.listening) return
    await new Promise<void>((resolve) => this.close(() => resolve()))
  }

  #bind(target: ListenTarget): void {
    const { network } = this.#parts
    // As on a machine, what listens on a loopback address is there for its own node only.
    const allow = isLoopback(target.host) ? { allow: isSelf(network) } : {}
    const queue = network.bind(target.address(network), allow, this.#factory())
    const context = new AsyncResource('ASTRANET_SERVER', { requireManualDestroy: true })
    queue.taker = {
      isTaking: () => true,
      take: (socket) => context.runInAsyncScope(this.#take, this, socket),
      // The server counts by itself: it may listen again before its last connection is over.
      drained: () => undefined,
      closed: () => {
        if (this.#queue !== queue) return
        this.#stopped()
        this.#emitCloseIfDrained()
      },
    }
    this.#queue = queue
    this.#target = target
    if (!this.#isUnref) keepAlive.hold()
  }

  /** It listens no more. Idempotent. */
  #stopped(): void {
    if (this.#queue === undefined) return
    this.#queue = undefined
    this.#ignoreSignal?.()
    this.#ignoreSignal = undefined
    if (!this.#isUnref) keepAlive.release()
  }

  #take(socket: Socket): void {
    if (isDropped(socket, this, () => this.#connections - 1)) return
    this.emit('connection', socket)
    if (serverSockets.hasSubscribers) serverSockets.publish({ socket })
  }

  #factory(): SocketFactory<Socket> {
    return {
      socket: (stream, details) =>
        details.origin.runInAsyncScope(() => this.#wrap(stream, details), undefined),
      callerOrigin,
      acceptedOrigins: (onClosed) =>
        acceptedOrigins(() => {
          onClosed()
          this.#connections -= 1
          this.#emitCloseIfDrained()
        }),
    }
  }

  #wrap(stream: Stream, details: SocketDetails): Socket {
    this.#connections += 1
    const { allowHalfOpen, highWaterMark } = this
    const marks = highWaterMark !== undefined && highWaterMark >= 0 ? { highWaterMark } : {}
    const options = checkSocketOptions({ allowHalfOpen: Boolean(allowHalfOpen), ...marks })
    const { remoteNode, localNode } = details.ends
    const loopback = remoteNode === localNode ? this.#target?.loopback : undefined
    const all = { ...details, options, isPaused: Boolean(this.pauseOnConnect) }
    return this.#parts.accept(new AcceptedStream(stream, all, { server: this, loopback }))
  }

  #followSignal(signal: AbortSignal | undefined): void {
    if (signal === undefined) return
    if (signal.aborted) process.nextTick(() => this.close())
    else this.#ignoreSignal = onAbort(signal, () => void this.close())
  }

  #emitCloseIfDrained(): void {
    if (this.listening || this.#connections > 0) return
    process.nextTick(() => this.emit('close'))
  }
}

function isSelf(network: NetNetwork): (peer: RemoteIdentity) => boolean {
  return ({ nodeId }) => network.isSelf(nodeAddress(nodeId))
}

/** An async handler of an event rejects: its socket is destroyed. */
function onRejection(this: EventEmitter, error: Error, event: string, socket: Socket): void {
  if (event === 'connection') socket.destroy(error)
  else this.emit('error', error)
}
