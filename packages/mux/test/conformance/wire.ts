import type { TransportErrorCode } from '@astranet/frame'
import {
  FrameDecoder,
  transportErrorName,
  type ConnectionClose,
  type FrameSink,
  type TransportParameters,
  type WireInteger,
} from '@astranet/frame'
import { expect } from 'vitest'
import type { SessionError } from '../../src/proto/session/errors.js'
import { resolveLimits, type SessionLimits } from '../../src/proto/session/options.js'
import { SessionCore } from '../../src/proto/session/core.js'
import type { Stream } from '../../src/proto/stream/stream.js'
import { Log } from './log.js'
import { hello, record, type FrameWriter } from './frames.js'

/** A frame that the core under test sent: its name and its fields, payload as text. */
export type Sent = readonly [name: string, ...fields: unknown[]]

/** How a {@link Wire} is made. */
export interface WireOptions extends SessionLimits {
  /** Which side the core under test is. Default `'server'`. */
  role?: 'client' | 'server'
  /** What the hand-made peer declares; `'nothing'`: its first record is not sent. */
  peer?: Partial<TransportParameters> | 'nothing'
  /** Whether the application gets each stream of the peer as it comes, as a session with `onStream` does. Default true. */
  accepts?: boolean
  /** What the application does with a stream of the peer, besides logging it. */
  onStream?: (stream: Stream) => void
}

/** One core under test. The test is its peer: it writes frames by hand and reads what the core answers. */
export class Wire {
  readonly core: SessionCore
  /** Streams of the peer, in the order in which the application was told. */
  readonly streams: Stream[] = []
  /** What the application was told of each stream, by id. */
  readonly logs = new Map<number, Log>()
  readonly datagrams: string[] = []
  /** Exceptions that handlers threw. */
  readonly thrown: unknown[] = []
  /** Sizes of the Frames fields that the core sent. */
  readonly recordSizes: number[] = []
  now = 0
  streamsAvailable = 0
  #isWorkDue = false
  readonly #sent: Sent[] = []
  readonly #decoder: FrameDecoder

  constructor(options: WireOptions = {}) {
    const { role = 'server', peer = {}, accepts = true, onStream, ...limits } = options
    this.core = new SessionCore(role, resolveLimits({ keepAliveIntervalMs: 0, ...limits }), {
      environment: { now: () => this.now, random: () => 0.5 },
      events: {
        onWork: () => (this.#isWorkDue = true),
        onStream: (stream) => {
          this.streams.push(stream)
          if (accepts) this.core.acceptedStream(stream)
          if (onStream === undefined) this.log(stream)
          else onStream(stream)
        },
        onStreamsAvailable: () => (this.streamsAvailable += 1),
        onDatagram: (payload) => this.datagrams.push(Buffer.from(payload).toString('latin1')),
        onPong: () => {},
        onUnreadPressure: () => {},
        onClosing: () => {},
        onIdle: () => {},
        onHandlerError: (error) => this.thrown.push(error),
      },
    })
    this.#decoder = new FrameDecoder(sinkInto(this.#sent), {
      maxRecordSizeBytes: 0xffff_ffff,
      maxDatagramFrameSizeBytes: 1 << 24,
      acceptResetStreamAt: true,
    })
    if (peer === 'nothing') return
    this.receive(hello(peer))
    this.sent()
    this.recordSizes.length = 0
  }

  /** Makes the application log what it is told of `stream`. */
  log(stream: Stream): Log {
    const log = new Log()
    this.logs.set(stream.id, log)
    stream.handle(log)
    return log
  }

  /** Opens a stream of the core under test. */
  open(isUnidirectional = false, urgency = 3): Stream {
    const stream = this.core.open(isUnidirectional, urgency)
    if (stream === undefined) throw new Error('the peer allows no more streams')
    this.log(stream)
    return stream
  }

  /** The peer sends these frames in one record. */
  send(...writers: FrameWriter[]): void {
    this.receive(record(...writers))
  }

  /** The peer sends these bytes. */
  receive(bytes: Uint8Array): void {
    this.core.receive(bytes, this.now)
  }

  /** Flushes the core until it is quiet; returns the frames it sent since the last call. */
  sent(): Sent[] {
    const all: Sent[] = []
    for (;;) {
      this.#isWorkDue = false
      const some = this.flush()
      if (some.length === 0 && !this.#isWorkDue) return all
      all.push(...some)
    }
  }

  /** Flushes the core once; returns the frames it sent. */
  flush(): Sent[] {
    const chunks = this.gather()
    if (chunks === undefined) return []
    this.#countRecords(Buffer.concat(chunks))
    for (const chunk of chunks) expect(this.#decoder.push(chunk)).toBe(undefined)
    this.core.accepted(this.now)
    return this.#sent.splice(0)
  }

  /** One flush of the core, undecoded: call `core.accepted` when its bytes were looked at. */
  gather(): Uint8Array[] | undefined {
    const chunks = this.core.gather(this.now)
    this.core.handedOver()
    return chunks
  }

  /** Why the core ended the session. Fails unless it did, with a CONNECTION_CLOSE of that code and a sentence. */
  expectClosedWith(name: keyof typeof TransportErrorCode): SessionError {
    expect(this.core.isClosing).toBe(true)
    const error = this.core.closeReason as SessionError
    const close = this.sent().find(([frame]) => frame === 'CONNECTION_CLOSE')?.[1] as ConnectionClose
    expect(transportErrorName(close.code)).toBe(name)
    expect(close.isApplication).toBe(false)
    expect(close.reason).toMatch(/^\S.{10,}\S$/s)
    return error
  }

  #countRecords(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const isShort = (bytes[at] as number) < 0x80
      const size = isShort ? bytes.readUInt16BE(at) & 0x3fff : bytes.readUInt32BE(at) & 0x3fff_ffff
      this.recordSizes.push(size)
      at += (isShort ? 2 : 4) + size
    }
  }
}

/** Names of the frames, in order. */
export function names(sent: readonly Sent[]): string[] {
  return sent.map(([name]) => name)
}

function sinkInto(sent: Sent[]): FrameSink {
  const number = (high: number, low: number): number => high * 0x1_0000_0000 + low
  return {
    transportParameters: (parameters) => sent.push(['QX_TRANSPORT_PARAMETERS', parameters]),
    stream(id, offset, chunk, start, end, fin) {
      const text = Buffer.from(chunk.subarray(start, end)).toString('latin1')
      const last = sent.at(-1)
      // Pieces of one frame, cut where the flush's chunks were.
      if (
        last?.[0] === 'STREAM' &&
        last[1] === id &&
        (last[2] as number) + (last[3] as string).length === offset &&
        start !== end
      )
        sent[sent.length - 1] = ['STREAM', id, last[2], (last[3] as string) + text, fin]
      else sent.push(['STREAM', id, offset, text, fin])
    },
    resetStream: (id: number, code: WireInteger, size: number) => sent.push(['RESET_STREAM', id, code, size]),
    resetStreamAt: (id, code, size, reliable) => sent.push(['RESET_STREAM_AT', id, code, size, reliable]),
    stopSending: (id, code) => sent.push(['STOP_SENDING', id, code]),
    maxData: (limit) => sent.push(['MAX_DATA', limit]),
    maxStreamData: (id, limit) => sent.push(['MAX_STREAM_DATA', id, limit]),
    maxStreams: (isBidi, limit) => sent.push([isBidi ? 'MAX_STREAMS' : 'MAX_STREAMS_UNI', limit]),
    dataBlocked: (limit) => sent.push(['DATA_BLOCKED', limit]),
    streamDataBlocked: (id, limit) => sent.push(['STREAM_DATA_BLOCKED', id, limit]),
    streamsBlocked: (isBidi, limit) => sent.push([isBidi ? 'STREAMS_BLOCKED' : 'STREAMS_BLOCKED_UNI', limit]),
    datagram: (payload) => sent.push(['DATAGRAM', Buffer.from(payload).toString('latin1')]),
    connectionClose: (close) => sent.push(['CONNECTION_CLOSE', close]),
    ping: (high, low) => sent.push(['QX_PING', number(high, low)]),
    pong: (high, low) => sent.push(['QX_PING response', number(high, low)]),
    recordEnd: () => {},
  }
}
