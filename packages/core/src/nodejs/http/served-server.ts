import type { Server } from 'node:net'
import type { BindOptions } from '../../api/bind-options.js'
import type { ListenerAddress } from '../../api/listener-address.js'
import { NetError } from '../../api/net-error.js'
import type { Listener } from '../listener.js'
import { alreadyListening, serverNotRunning } from '../net/errors.js'
import { isDropped } from '../net/max-connections.js'
import { endKeptAlive } from './end-kept-alive.js'
import { holdClose } from './held-close.js'
import { readListenArguments, type ListenRequest } from './listen-arguments.js'

/** @internal `AstraNet.bind`, at once. Throws what that rejects with. */
export type Bind = (address: string, options: BindOptions) => Listener

/** @internal The callbacks of `close` and `getConnections`. */
export type OnClosed = (error?: Error) => void
export type OnCount = (error: Error | null, count: number) => void

/**
 * How a server listens for services: for one, or for several that close together.
 *
 * States: *idle*; *listening*, from `listen` to `close`; *closing*, until the last socket is destroyed; *idle* again.
 */
export class ServedServer {
  readonly #server: Server
  readonly #bind: Bind
  readonly #listeners = new Set<Listener>()
  #isHolding = true
  /** Set while it is closing. */
  #release: (() => void) | undefined = undefined
  /** Set while the node has closed its ports and the last connections go on. */
  #endEnding: (() => void) | undefined = undefined

  constructor(server: Server, bind: Bind) {
    this.#server = server
    this.#bind = bind
  }

  get listening(): boolean {
    return this.#first?.listening === true
  }

  address(): ListenerAddress | null {
    return this.#first?.address() ?? null
  }

  /** As for `net.Server`: a wrong argument throws, and all else is emitted in a later turn. */
  listen(args: readonly unknown[]): void {
    const { address, options, onListening } = readListenArguments(args)
    if (this.listening) throw alreadyListening()
    if (onListening !== undefined) this.#server.once('listening', onListening)
    try {
      this.add(bindFor(this.#server, this.#bind, { address, options }))
    } catch (error) {
      if (!(error instanceof NetError)) throw error
      process.nextTick(() => this.#server.emit('error', error))
    }
  }

  add(listener: Listener): void {
    const isFirst = !this.listening
    this.#listeners.add(listener)
    this.#applyHold(listener)
    passOn(listener, this.#server, () => this.#openSockets)
    listener.onStopped = () => this.#stopped()
    listener.once('close', () => this.#closed(listener))
    // The checks of header and request timeouts begin with it.
    if (isFirst) process.nextTick(() => listener.listening && this.#server.emit('listening'))
  }

  close(onClosed: OnClosed | undefined): void {
    const isRunning = this.listening
    if (typeof onClosed === 'function')
      this.#server.once('close', isRunning ? onClosed : () => onClosed(serverNotRunning()))
    if (isRunning) this.#release ??= holdClose(this.#server)
    // It ends idle connections and the checks of timeouts.
    closeOf(this.#server)
    if (isRunning) for (const listener of this.#listeners) listener.close()
  }

  getConnections(callback: OnCount): void {
    let [count, waiting] = [0, this.#listeners.size]
    if (waiting === 0) process.nextTick(callback, null, 0)
    for (const listener of this.#listeners)
      listener.getConnections((_, each) => {
        count += each
        waiting -= 1
        if (waiting === 0) callback(null, count)
      })
  }

  /** Whether it keeps the process alive, as `ref` and `unref` say. */
  hold(isHolding: boolean): void {
    this.#isHolding = isHolding
    for (const listener of this.#listeners) this.#applyHold(listener)
  }

  #applyHold(listener: Listener): void {
    if (this.#isHolding) listener.ref()
    else listener.unref()
  }

  async dispose(): Promise<void> {
    if (!this.listening) return
    await new Promise<void>((resolve) => this.close(() => resolve()))
  }

  get #openSockets(): number {
    let count = 0
    for (const { openSockets } of this.#listeners) count += openSockets
    return count
  }

  get #first(): Listener | undefined {
    const [first] = this.#listeners
    return first
  }

  /** A listener takes no new connections. The node may have stopped it, because it drains. */
  #stopped(): void {
    if (this.#release !== undefined) return
    for (const { listening } of this.#listeners) if (listening) return
    this.#endEnding ??= endKeptAlive(this.#server)
  }

  /** The last socket of a listener is destroyed. The node may have closed it, without `close`. */
  #closed(listener: Listener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    this.#endEnding?.()
    this.#endEnding = undefined
    if (this.#release === undefined) return closeOf(this.#server)
    this.#release()
    this.#release = undefined
    this.#server.emit('close')
  }
}

/** Sockets stay half open where those of the server over TCP do: an `http.Server` ends its direction by itself. */
export function bindFor(
  server: Server & { readonly allowHalfOpen?: boolean },
  bind: Bind,
  { address, options }: Pick<ListenRequest, 'address' | 'options'>,
): Listener {
  return bind(address, { ...options, allowHalfOpen: server.allowHalfOpen === true })
}

/** Gives a server the sockets of a listener, as far as its `maxConnections` allows. `open` counts each of them. */
function passOn(listener: Listener, server: Server, open: () => number): void {
  listener.on('connection', (socket) => {
    if (!isDropped(socket, server, () => open() - 1)) server.emit('connection', socket)
  })
}

/** Calls the method `close` of the server's class. */
function closeOf(server: Server): void {
  const { close } = Object.getPrototypeOf(server) as Server
  close.call(server)
}

export function notRunning(syscall: string, address: string): NetError {
  return new NetError('ERR_SERVER_NOT_RUNNING', 'the server is not listening', { syscall, address })
}
