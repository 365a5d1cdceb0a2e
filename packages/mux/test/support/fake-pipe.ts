import type { ByteDuplex, ByteDuplexHandler, Clock, Timer } from '@astranet/interface'

/** A clock that a test moves: timers first, then what was deferred, as the phases of Node's event loop. */
export class ManualClock implements Clock {
  #now = 0
  #timers: { at: number; callback: () => void }[] = []
  #deferred: (() => void)[] = []

  now(): number {
    return this.#now
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.length
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { at: this.#now + Math.max(0, delayMs), callback }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback)
  }

  /** Fires the timers that are due; what they defer waits. */
  fireTimers(): void {
    for (const timer of this.#timers.filter(({ at }) => at <= this.#now)) {
      this.#timers = this.#timers.filter((other) => other !== timer)
      timer.callback()
    }
  }

  /** Runs what was deferred, and what that defers. */
  runDeferred(): void {
    for (let next = this.#deferred.shift(); next !== undefined; next = this.#deferred.shift()) next()
  }

  /** Time passes without this process running. */
  skip(ms: number): void {
    this.#now += ms
  }

  /** Time passes in steps of a second, everything running when it is due. */
  advance(ms: number): void {
    const until = this.#now + ms
    this.runDeferred()
    while (this.#now < until) {
      const next = Math.min(until, ...this.#timers.map(({ at }) => Math.max(at, this.#now)))
      this.#now = next
      this.fireTimers()
      this.runDeferred()
    }
  }
}

/** One end of a pipe whose other end is another one; a test decides when bytes move. */
export class FakePipe implements ByteDuplex {
  readonly capabilities = { halfClose: true }
  readonly localAddress = ''
  readonly remoteAddress = ''
  /** Whether the system takes bytes at once. */
  isFull = false
  isAborted = false
  hasEnded = false
  readonly clock: ManualClock
  handler!: ByteDuplexHandler
  peer!: FakePipe
  /** Bytes that have left and not arrived. */
  readonly flight: Uint8Array[] = []
  /** Whether what is in flight arrives by itself, when the clock runs what was deferred. */
  isDelivering = true
  #waiting: readonly Uint8Array[] | undefined

  constructor(clock: ManualClock) {
    this.clock = clock
  }

  get bufferedBytes(): number {
    return this.#waiting === undefined ? 0 : 1
  }

  handle(handler: ByteDuplexHandler): void {
    this.handler = handler
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.isFull) {
      this.#waiting = chunks
      return false
    }
    this.#send(chunks)
    return true
  }

  pause(): void {}
  resume(): void {}

  end(): void {
    this.hasEnded = true
    this.clock.defer(() => {
      if (!this.peer.isAborted) this.peer.handler.onEnd()
      if (this.peer.hasEnded) for (const end of [this, this.peer]) end.handler.onClose(undefined)
    })
  }

  abort(reason: Error): void {
    if (this.isAborted) return
    this.isAborted = true
    this.clock.defer(() => this.handler.onClose(reason))
    this.clock.defer(() => {
      if (!this.peer.isAborted) this.peer.handler.onClose(new Error('reset by the other end'))
      this.peer.isAborted = true
    })
  }

  /** The system has taken what waited. */
  drain(): void {
    const chunks = this.#waiting
    if (chunks === undefined) return
    this.#waiting = undefined
    this.#send(chunks)
    this.handler.onDrain()
  }

  /** What is in flight arrives, in pieces of at most `bytes`. */
  deliver(bytes = Infinity): void {
    for (let chunk = this.flight.shift(); chunk !== undefined; chunk = this.flight.shift()) {
      for (let at = 0; at < chunk.length; at += bytes)
        if (!this.peer.isAborted)
          this.peer.handler.onData(chunk.slice(at, Math.min(at + bytes, chunk.length)))
    }
  }

  #send(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.flight.push(chunk.slice())
    if (this.isDelivering) this.clock.defer(() => this.deliver())
  }
}

/** Two pipes that are each other's ends. */
export function fakePipes(clock: ManualClock): [FakePipe, FakePipe] {
  const pipes: [FakePipe, FakePipe] = [new FakePipe(clock), new FakePipe(clock)]
  pipes[0].peer = pipes[1]
  pipes[1].peer = pipes[0]
  return pipes
}
