import type { ByteDuplex, ByteDuplexCapabilities, ByteDuplexHandler } from '@astranet/interface'
import type { HandshakeResult, SecurePeer } from '../proto/handshake/handshake-options.js'
import type { ChannelRest } from './handshake-channel.js'
import { Inbound, type InboundSink } from './inbound.js'
import type { Outbound, OutboundSink } from './outbound.js'
import { closedTooEarly, endedInRecords } from './pipe-errors.js'
import type { RecordOpener } from './record-opener.js'
import type { SecurePipe } from './secure-pipe.js'
import { plaintextBytes } from '../proto/records/header.js'

/** What a {@link SecureDuplex} is made of. */
export interface SecureDuplexParts {
  /** The pipe below, paused. */
  readonly pipe: ByteDuplex
  readonly result: HandshakeResult
  /** What arrived behind the handshake. */
  readonly rest: ChannelRest
  readonly opener: RecordOpener
  makeOutbound(sink: OutboundSink): Outbound
}

/**
 * The byte duplex of records around a pipe.
 *
 * It always half-closes, since the end of a direction is a record: over a pipe that cannot, the pipe is ended when both
 * directions have ended. A pipe that ends without that record broke: `ASTRA_ERR_SECURE_TRUNCATED`.
 */
export class SecureDuplex implements SecurePipe {
  readonly peer: SecurePeer
  readonly handshakeHash: Uint8Array
  readonly capabilities: ByteDuplexCapabilities = { halfClose: true }
  readonly localAddress: string
  readonly remoteAddress: string
  readonly beforeFlush?: (callback: () => void) => void
  readonly defer?: (callback: () => void) => void
  readonly callsBackLater: boolean
  readonly linger?: (ms: number) => void
  readonly #pipe: ByteDuplex
  readonly #inbound: Inbound
  readonly #outbound: Outbound
  #handler: ByteDuplexHandler | undefined
  #isPaused = false
  #isFlowing = false
  #isEnding = false
  #hasEndedPipe = false
  #hasPipeEnded: boolean
  #pipeClosed: { readonly reason: Error | undefined } | undefined
  /** Why this side broke the pipe: what `abort` was given, or what the peer did wrong. */
  #broken: Error | undefined
  #hasToldClose = false

  constructor({ pipe, result, rest, opener, makeOutbound }: SecureDuplexParts) {
    this.peer = result.peer
    this.handshakeHash = result.handshakeHash
    this.localAddress = pipe.localAddress
    this.remoteAddress = pipe.remoteAddress
    const { beforeFlush, defer, linger, callsBackLater = false } = pipe
    this.callsBackLater = callsBackLater
    if (beforeFlush !== undefined) this.beforeFlush = (callback) => beforeFlush.call(pipe, callback)
    if (defer !== undefined) this.defer = (callback) => defer.call(pipe, callback)
    if (linger !== undefined) this.linger = (ms) => linger.call(pipe, ms)
    this.#pipe = pipe
    this.#outbound = makeOutbound(this.#outboundSink())
    this.#inbound = new Inbound(opener, this.#inboundSink())
    this.#hasPipeEnded = rest.hasEnded
    this.#pipeClosed = rest.closed
    if (rest.bytes !== undefined) this.#inbound.push(rest.bytes)
    pipe.handle(this.#pipeHandler())
  }

  get bufferedBytes(): number {
    return this.#outbound.waitingBytes + this.#pipe.bufferedBytes
  }

  get sendableBytes(): number | undefined {
    const bytes = this.#pipe.sendableBytes
    return bytes === undefined ? undefined : plaintextBytes(bytes)
  }

  handle(handler: ByteDuplexHandler): void {
    this.#handler = handler
    this.#inbound.run()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    return this.#isEnding || this.#isOver ? true : this.#outbound.writev(chunks)
  }

  ref(): void {
    this.#pipe.ref?.()
  }

  unref(): void {
    this.#pipe.unref?.()
  }

  pause(): void {
    this.#isPaused = true
    this.#updateFlow()
  }

  resume(): void {
    this.#isPaused = false
    this.#inbound.run()
  }

  end(): void {
    if (this.#isEnding || this.#isOver) return
    this.#isEnding = true
    this.#outbound.end()
  }

  abort(reason: Error): void {
    this.#break(reason)
  }

  get #isOver(): boolean {
    return this.#broken !== undefined || this.#pipeClosed !== undefined
  }

  #pipeHandler(): ByteDuplexHandler {
    return {
      returnsChunks: this.#inbound.returnsChunks,
      onData: (chunk) => this.#inbound.push(chunk),
      onDrain: () => this.#outbound.onPipeDrain(),
      onEnd: () => {
        this.#hasPipeEnded = true
        this.#inbound.run()
      },
      onClose: (reason) => {
        this.#pipeClosed = { reason }
        this.#outbound.stop()
        this.#inbound.run()
      },
      onSuspend: () => this.#handler?.onSuspend?.(),
      onResume: () => this.#handler?.onResume?.(),
    }
  }

  #inboundSink(): InboundSink {
    const canDeliver = (): boolean =>
      this.#handler !== undefined && !this.#isPaused && this.#broken === undefined && !this.#hasBrokenPipe
    const returnsChunks = (): boolean => this.#handler?.returnsChunks === true
    return {
      get canDeliver() {
        return canDeliver()
      },
      get returnsChunks() {
        return returnsChunks()
      },
      onData: (chunk) => this.#handler?.onData(chunk),
      onEnd: () => {
        this.#handler?.onEnd()
        this.#endPipeIfDue()
      },
      onFailure: (error) => this.#break(error),
      onSettled: () => this.#settle(),
    }
  }

  #outboundSink(): OutboundSink {
    return {
      onDrain: () => this.#handler?.onDrain(),
      onEndWritten: () => this.#endPipeIfDue(),
      onFailure: (error) => this.#break(error),
    }
  }

  /** Whether the pipe closed with an error: what arrived before is dropped, as a socket does. */
  get #hasBrokenPipe(): boolean {
    return this.#pipeClosed?.reason !== undefined
  }

  #endPipeIfDue(): void {
    if (!this.#outbound.hasEnded || this.#hasEndedPipe) return
    if (!this.#pipe.capabilities.halfClose && !this.#inbound.hasEnded) return
    this.#hasEndedPipe = true
    this.#pipe.end()
  }

  #break(reason: Error): void {
    if (this.#broken !== undefined || this.#hasToldClose) return
    this.#broken = reason
    this.#outbound.stop()
    this.#inbound.stop()
    // The pipe may have closed while its last bytes waited for a paused user.
    if (this.#pipeClosed !== undefined) queueMicrotask(() => this.#settle())
    else this.#pipe.abort(reason)
  }

  /** Looks at how the pipe stands, whenever there is nothing more to deliver for now. */
  #settle(): void {
    if (this.#pipeClosed !== undefined) this.#tellClosed(this.#pipeClosed.reason)
    else if (this.#hasPipeEnded && this.#inbound.isDrained && !this.#inbound.hasEnded)
      this.#break(endedInRecords())
    else this.#updateFlow()
  }

  #updateFlow(): void {
    const wants = this.#handler !== undefined && !this.#isPaused && !this.#inbound.isFull
    if (wants === this.#isFlowing || this.#isOver) return
    this.#isFlowing = wants
    if (wants) this.#pipe.resume()
    else this.#pipe.pause()
  }

  #tellClosed(pipeReason: Error | undefined): void {
    if (this.#handler === undefined || this.#hasToldClose) return
    let reason = this.#broken ?? pipeReason
    if (reason === undefined) {
      if (!this.#inbound.isDrained) return
      if (!this.#inbound.hasEnded) reason = endedInRecords()
      else if (!this.#outbound.hasEnded) reason = closedTooEarly()
    }
    this.#hasToldClose = true
    this.#inbound.stop()
    this.#handler.onClose(reason)
  }
}
