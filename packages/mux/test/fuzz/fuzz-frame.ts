import {
  FrameDecoder,
  writeConnectionClose,
  writeDatagramHeader,
  writeDataBlocked,
  writeMaxData,
  writeMaxStreamData,
  writeMaxStreams,
  writePing,
  writePong,
  writeResetStream,
  writeResetStreamAt,
  writeStopSending,
  writeStreamDataBlocked,
  writeStreamHeader,
  writeStreamsBlocked,
  type FrameSink,
} from '@astranet/frame'

/** The kinds of frames that can follow the first one. */
export const KINDS = [
  'stream',
  'reset',
  'reset-at',
  'stop',
  'max-data',
  'max-stream-data',
  'max-streams',
  'data-blocked',
  'stream-data-blocked',
  'streams-blocked',
  'datagram',
  'ping',
  'pong',
  'close',
  'padding',
] as const

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number]

/** A frame as fields that can be changed one by one. What a kind does not have is ignored. */
export interface FuzzFrame {
  kind: Kind
  id: number
  /** Offset, limit, final size or sequence number. */
  size: number
  code: number
  /** Reliable size, or length of a payload. */
  length: number
  /** FIN, bidirectional, or application. */
  flag: boolean
  /** Whether the record ends behind this frame. */
  endsRecord: boolean
}

/** The longest payload that is written, in bytes: a header may claim more. */
const MAX_PAYLOAD_BYTES = 64

/** Room for one frame, in bytes. */
export const MAX_FUZZ_FRAME_BYTES = 128

/** Writes a frame; its payload is at most {@link MAX_PAYLOAD_BYTES}. Returns the position behind it. */
export function writeFuzzFrame(target: Uint8Array, at: number, frame: FuzzFrame): number {
  const { kind, id, size, code, flag } = frame
  const length = Math.min(frame.length, MAX_PAYLOAD_BYTES)
  switch (kind) {
    case 'stream':
      return fill(target, writeStreamHeader(target, at, id, size, length, flag), length)
    case 'reset':
      return writeResetStream(target, at, id, code, size)
    case 'reset-at':
      return writeResetStreamAt(target, at, id, code, size, Math.min(size, frame.length))
    case 'stop':
      return writeStopSending(target, at, id, code)
    case 'max-data':
      return writeMaxData(target, at, size)
    case 'max-stream-data':
      return writeMaxStreamData(target, at, id, size)
    case 'max-streams':
      return writeMaxStreams(target, at, flag, size)
    case 'data-blocked':
      return writeDataBlocked(target, at, size)
    case 'stream-data-blocked':
      return writeStreamDataBlocked(target, at, id, size)
    case 'streams-blocked':
      return writeStreamsBlocked(target, at, flag, size)
    case 'datagram':
      return fill(target, writeDatagramHeader(target, at, length), length)
    case 'ping':
      return writePing(target, at, 0, size >>> 0)
    case 'pong':
      return writePong(target, at, 0, size >>> 0)
    case 'close':
      return writeConnectionClose(target, at, { isApplication: flag, code, frameType: 0, reason: 'bye' })
    case 'padding':
      return fill(target, at, length % 4)
  }
}

/** The frames of a peer's bytes behind its first record, as far as they can be read. */
export function readFuzzFrames(hello: Uint8Array, bytes: Uint8Array): FuzzFrame[] {
  const reader = new FrameReader()
  const decoder = new FrameDecoder(reader, { maxDatagramFrameSizeBytes: 65_535, acceptResetStreamAt: true })
  decoder.push(hello)
  reader.frames.length = 0
  decoder.push(bytes)
  return reader.frames
}

class FrameReader implements FrameSink {
  readonly frames: FuzzFrame[] = []

  transportParameters(): void {}

  stream(id: number, offset: number, _chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    this.#add('stream', { id, size: offset, length: end - start, flag: fin })
  }

  resetStream(id: number, code: number | bigint, finalSize: number): void {
    this.#add('reset', { id, code: Number(code), size: finalSize })
  }

  resetStreamAt(id: number, code: number | bigint, finalSize: number, reliableSize: number): void {
    this.#add('reset-at', { id, code: Number(code), size: finalSize, length: reliableSize })
  }

  stopSending(id: number, code: number | bigint): void {
    this.#add('stop', { id, code: Number(code) })
  }

  maxData(limit: number): void {
    this.#add('max-data', { size: limit })
  }

  maxStreamData(id: number, limit: number): void {
    this.#add('max-stream-data', { id, size: limit })
  }

  maxStreams(isBidirectional: boolean, limit: number): void {
    this.#add('max-streams', { flag: isBidirectional, size: limit })
  }

  dataBlocked(limit: number): void {
    this.#add('data-blocked', { size: limit })
  }

  streamDataBlocked(id: number, limit: number): void {
    this.#add('stream-data-blocked', { id, size: limit })
  }

  streamsBlocked(isBidirectional: boolean, limit: number): void {
    this.#add('streams-blocked', { flag: isBidirectional, size: limit })
  }

  datagram(payload: Uint8Array): void {
    this.#add('datagram', { length: payload.length })
  }

  connectionClose(close: { isApplication: boolean; code: number | bigint }): void {
    this.#add('close', { flag: close.isApplication, code: Number(close.code) })
  }

  ping(_high: number, low: number): void {
    this.#add('ping', { size: low })
  }

  pong(_high: number, low: number): void {
    this.#add('pong', { size: low })
  }

  recordEnd(): void {
    const last = this.frames.at(-1)
    if (last !== undefined) last.endsRecord = true
  }

  #add(kind: Kind, fields: Partial<FuzzFrame>): void {
    const frame: FuzzFrame = {
      kind,
      id: 0,
      size: 0,
      code: 0,
      length: 0,
      flag: false,
      endsRecord: false,
      ...fields,
    }
    for (const name of ['id', 'size', 'code', 'length'] as const)
      frame[name] = Math.min(frame[name], Number.MAX_SAFE_INTEGER)
    this.frames.push(frame)
  }
}

function fill(target: Uint8Array, at: number, length: number): number {
  target.fill(0, at, at + length)
  return at + length
}
