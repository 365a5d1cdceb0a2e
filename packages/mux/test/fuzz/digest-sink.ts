import type { FrameSink, TransportParameters, WireInteger } from '@astranet/frame'
import { must } from './fuzz-failure.js'

/** The kinds of frames as bits of {@link DigestSink.kinds}. */
const BIT = {
  stream: 1,
  resetStream: 2,
  resetStreamAt: 4,
  stopSending: 8,
  maxData: 0x10,
  maxStreamData: 0x20,
  maxStreams: 0x40,
  dataBlocked: 0x80,
  streamDataBlocked: 0x100,
  streamsBlocked: 0x200,
  datagram: 0x400,
  connectionClose: 0x800,
  ping: 0x1000,
  pong: 0x2000,
} as const

/** Offsets from here on are not told apart: near 2^53 a decoder rounds them. */
const BEYOND = 2 ** 53 - 2 ** 20

/**
 * Takes what a decoder tells down to one number, which is the same however the input was split: pieces of a payload
 * that follow each other count as one.
 */
export class DigestSink implements FrameSink {
  /** Which kinds of frames came, see {@link BIT}. */
  kinds = 0
  payloadBytes = 0
  #hash = 0
  #isStopped = false
  #hasParameters = false
  #id = -1
  #start = 0
  #end = 0
  #isFin = false

  /** The number for everything so far. */
  get digest(): number {
    this.#flush()
    return this.#hash
  }

  reset(): void {
    this.kinds = 0
    this.payloadBytes = 0
    this.#hash = 0
    this.#isStopped = false
    this.#hasParameters = false
    this.#id = -1
  }

  /** Nothing may come any more. */
  stop(): void {
    this.#isStopped = true
  }

  transportParameters(parameters: TransportParameters): void {
    must(!this.#hasParameters, 'transport parameters were told twice')
    this.#hasParameters = true
    this.#note(parameters.initialMaxData)
  }

  stream(id: number, offset: number, chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    must(!this.#isStopped, 'a frame was told after an error')
    must(start <= end && end <= chunk.length, 'a piece of a payload lies outside of its chunk')
    this.kinds |= BIT.stream
    this.payloadBytes += end - start
    const from = Math.min(offset, BEYOND)
    if (id !== this.#id || from !== this.#end || this.#isFin) {
      this.#flush()
      this.#id = id
      this.#start = from
    }
    this.#end = Math.min(from + end - start, BEYOND)
    this.#isFin = fin
  }

  resetStream(id: number, code: WireInteger, finalSize: number): void {
    this.#frame(BIT.resetStream, id, Number(code), finalSize)
  }

  resetStreamAt(id: number, code: WireInteger, finalSize: number, reliableSize: number): void {
    must(reliableSize <= finalSize, 'a reliable size above the final size was told')
    this.#frame(BIT.resetStreamAt, id, Number(code), finalSize)
    this.#note(reliableSize)
  }

  stopSending(id: number, code: WireInteger): void {
    this.#frame(BIT.stopSending, id, Number(code), 0)
  }

  maxData(limit: number): void {
    this.#frame(BIT.maxData, limit, 0, 0)
  }

  maxStreamData(id: number, limit: number): void {
    this.#frame(BIT.maxStreamData, id, limit, 0)
  }

  maxStreams(isBidirectional: boolean, limit: number): void {
    this.#frame(BIT.maxStreams, isBidirectional ? 1 : 0, limit, 0)
  }

  dataBlocked(limit: number): void {
    this.#frame(BIT.dataBlocked, limit, 0, 0)
  }

  streamDataBlocked(id: number, limit: number): void {
    this.#frame(BIT.streamDataBlocked, id, limit, 0)
  }

  streamsBlocked(isBidirectional: boolean, limit: number): void {
    this.#frame(BIT.streamsBlocked, isBidirectional ? 1 : 0, limit, 0)
  }

  datagram(payload: Uint8Array): void {
    this.payloadBytes += payload.length
    must(payload.byteLength === payload.buffer.byteLength, 'a datagram came in a buffer that is not its own')
    this.#frame(BIT.datagram, payload.length, 0, 0)
  }

  connectionClose(close: { code: WireInteger; reason: string }): void {
    this.#frame(BIT.connectionClose, Number(close.code), close.reason.length, 0)
  }

  ping(high: number, low: number): void {
    this.#frame(BIT.ping, high, low, 0)
  }

  pong(high: number, low: number): void {
    this.#frame(BIT.pong, high, low, 0)
  }

  recordEnd(frames: number): void {
    this.#flush()
    this.#note(frames)
  }

  #frame(bit: number, a: number, b: number, c: number): void {
    must(!this.#isStopped, 'a frame was told after an error')
    this.kinds |= bit
    this.#flush()
    this.#note(bit)
    this.#note(a)
    this.#note(b)
    this.#note(c)
  }

  #flush(): void {
    if (this.#id === -1) return
    this.#note(this.#id)
    this.#note(this.#start)
    this.#note(this.#end)
    this.#note(this.#isFin ? 1 : 0)
    this.#id = -1
    this.#isFin = false
  }

  #note(value: number): void {
    const hash = Math.imul(this.#hash ^ (value | 0), 0x0100_0193)
    this.#hash = Math.imul(hash ^ ((value / 0x1_0000_0000) | 0), 0x0100_0193) ^ (hash >>> 15)
  }
}
