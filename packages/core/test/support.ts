import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket as TcpSocket } from 'node:net'
import type { Clock, Timer, TimerOptions, Transport } from '@astranet/interface'
import {
  AstraNet,
  type AstraNetOptions,
  type Endpoint,
  type Listener,
  type ListenerAddress,
  type Socket,
} from '../src/index.js'

/** Two nodes over TCP: `client` has joined `server`. */
export interface TwoNodes extends AsyncDisposable {
  readonly server: AstraNet
  readonly client: AstraNet
  readonly endpoint: Endpoint
}

export async function twoNodes(options: AstraNetOptions = {}): Promise<TwoNodes> {
  const server = new AstraNet(options)
  const client = new AstraNet(options)
  const endpoint = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await client.join('tcp4', endpoint.address)
  return {
    server,
    client,
    endpoint,
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), server.close()])
    },
  }
}

/** What an open listener listens on. */
export function boundTo(listener: Listener): ListenerAddress {
  const address = listener.address()
  if (address === null) throw new Error('the listener is closed')
  return address
}

/** Everything a socket delivers, as text. */
export async function textOf(socket: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** The same, and the socket stays open: iteration destroys a Duplex when its readable side has ended. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(socket, 'end')
  return text
}

/** Resolves when `condition` holds, looking once per turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

/** The next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export async function turns(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await turn()
}

/** How often the clock of {@link activeMs} ticks, in ms. */
const TICK_MS = 20

/** How long a promise took, in ms, without the times in which a busy machine gave this process no turn. */
export async function activeMs(promise: Promise<unknown>): Promise<number> {
  let ticks = 0
  // However long the process did not run, the interval fires once.
  const clock = setInterval(() => (ticks += 1), TICK_MS)
  try {
    await promise
  } finally {
    clearInterval(clock)
  }
  return ticks * TICK_MS
}

/** The socket's error, once it has one. */
export async function errorOf(socket: Socket): Promise<Error & { code?: string }> {
  const [error] = (await once(socket, 'error')) as [Error & { code?: string }]
  return error
}

/** The next uncaught exception, which the test runner does not see. */
export function uncaught(): Promise<unknown> {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener)
      resolve(error)
    })
  })
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('it should have failed')
}

/** A TCP proxy whose connections can be cut. */
export class Proxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<TcpSocket>()
  readonly #pairs: [near: TcpSocket, far: TcpSocket][] = []
  /** Connections made so far. */
  connections = 0

  private constructor(target: string) {
    const [host, port] = target.split(':')
    // The ends of the two directions are passed on one by one, as a proxy should.
    this.#server = createServer({ allowHalfOpen: true }, (near) => {
      this.connections += 1
      const far = connect({ port: Number(port), host: String(host), allowHalfOpen: true })
      this.#pairs.push([near, far])
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => this.#sockets.delete(socket))
      }
      near.pipe(far).pipe(near)
    })
  }

  static async to(target: string): Promise<Proxy> {
    const proxy = new Proxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Connections that are there now. */
  get open(): number {
    return this.#sockets.size / 2
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** From now on nothing arrives, as if the peer's machine had disappeared. */
  freeze(): void {
    for (const socket of this.#sockets) socket.unpipe().pause()
  }

  /** What was held back arrives, and what follows. */
  thaw(): void {
    for (const [near, far] of this.#pairs) near.pipe(far).pipe(near)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.cut()
  }
}

interface PendingTimer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that moves only when the test moves it. */
export class SkipClock implements Clock {
  #now = 1_000
  readonly #timers = new Set<PendingTimer>()

  now(): number {
    return this.#now
  }

  setTimer(delayMs: number, callback: () => void, _options?: TimerOptions): Timer {
    const timer: PendingTimer = { at: this.#now + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    // What is due now needs no skipping.
    if (delayMs <= 0) setImmediate(() => this.#timers.delete(timer) && callback())
    return { cancel: () => void this.#timers.delete(timer) }
  }

  defer(callback: () => void): void {
    setImmediate(callback)
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves on by `ms`, timer by timer; after each the program has some turns of the event loop. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, timer.at)
      timer.callback()
      await turns(12)
    }
    this.#now = end
    await turns(12)
  }

  #next(end: number): PendingTimer | undefined {
    let first: PendingTimer | undefined
    for (const timer of this.#timers) if (timer.at <= end && timer.at < (first?.at ?? Infinity)) first = timer
    return first
  }
}

/** A transport whose dials fail while `isDown`, and whose connections can be cut. */
export interface UnreliableTransport extends Transport {
  isDown: boolean
  cut(): void
}

export function unreliable(transport: Transport): UnreliableTransport {
  const cuts = new Set<() => void>()
  return {
    networks: transport.networks,
    isDown: false,
    cut() {
      for (const each of cuts) each()
      cuts.clear()
    },
    async dial(network, address, options) {
      if (this.isDown) throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' })
      const connection = await transport.dial(network, address, options)
      cuts.add(() => connection.abort(new Error('cut')))
      return connection
    },
    listen: (network, address, options) => transport.listen(network, address, options),
  }
}

/** Closes a node whose clock stands still. */
export async function closing(clock: SkipClock, node: AstraNet): Promise<void> {
  let isClosed = false
  const closed = node.close().then(() => (isClosed = true))
  for (let count = 0; count < 50 && !isClosed; count++) await clock.advance(100)
  await closed
}
