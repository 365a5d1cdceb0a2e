import {
  writeConnectionClose,
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
  writeTransportParameters,
  writeVarint,
  type TransportParameters,
  type WireInteger,
} from '@astranet/frame'

/** Writes a frame, or a part of one, at a position; returns the position behind it. */
export type FrameWriter = (target: Uint8Array, at: number) => number

const scratch = new Uint8Array(4 << 20)

/** One record. */
export function record(...writers: FrameWriter[]): Uint8Array {
  let end = 8
  for (const write of writers) end = write(scratch, end)
  const size = new Uint8Array(8)
  const sizeEnd = writeVarint(size, 0, end - 8)
  scratch.set(size.subarray(0, sizeEnd), 8 - sizeEnd)
  return scratch.slice(8 - sizeEnd, end)
}

/** The peer's first frame: generous limits unless `parameters` say otherwise. */
export function hello(parameters: Partial<TransportParameters> = {}): Uint8Array {
  return record((target, at) => writeTransportParameters(target, at, { ...GENEROUS, ...parameters }))
}

const GENEROUS: Partial<TransportParameters> = {
  initialMaxData: 1 << 30,
  initialMaxStreamDataBidiLocal: 1 << 20,
  initialMaxStreamDataBidiRemote: 1 << 20,
  initialMaxStreamDataUni: 1 << 20,
  initialMaxStreamsBidi: 1 << 20,
  initialMaxStreamsUni: 1 << 20,
  resetStreamAt: true,
}

/** The frames that a hand-made peer sends. */
export const frames = {
  stream: (id: number, offset: number, payload: string, isFin = false): FrameWriter => {
    const bytes = Buffer.from(payload, 'latin1')
    return (target, at) => {
      const start = writeStreamHeader(target, at, id, offset, bytes.length, isFin)
      target.set(bytes, start)
      return start + bytes.length
    }
  },
  reset:
    (id: number, code: WireInteger, finalSize: number): FrameWriter =>
    (target, at) =>
      writeResetStream(target, at, id, code, finalSize),
  resetAt:
    (id: number, code: WireInteger, finalSize: number, reliableSize: number): FrameWriter =>
    (target, at) =>
      writeResetStreamAt(target, at, id, code, finalSize, reliableSize),
  stop:
    (id: number, code: WireInteger): FrameWriter =>
    (target, at) =>
      writeStopSending(target, at, id, code),
  maxData:
    (limit: number): FrameWriter =>
    (target, at) =>
      writeMaxData(target, at, limit),
  maxStreamData:
    (id: number, limit: number): FrameWriter =>
    (target, at) =>
      writeMaxStreamData(target, at, id, limit),
  maxStreams:
    (isBidirectional: boolean, limit: number): FrameWriter =>
    (target, at) =>
      writeMaxStreams(target, at, isBidirectional, limit),
  dataBlocked:
    (limit: number): FrameWriter =>
    (target, at) =>
      writeDataBlocked(target, at, limit),
  streamDataBlocked:
    (id: number, limit: number): FrameWriter =>
    (target, at) =>
      writeStreamDataBlocked(target, at, id, limit),
  streamsBlocked:
    (isBidirectional: boolean, limit: number): FrameWriter =>
    (target, at) =>
      writeStreamsBlocked(target, at, isBidirectional, limit),
  ping:
    (number: number): FrameWriter =>
    (target, at) =>
      writePing(target, at, Math.floor(number / 0x1_0000_0000), number >>> 0),
  pong:
    (number: number): FrameWriter =>
    (target, at) =>
      writePong(target, at, Math.floor(number / 0x1_0000_0000), number >>> 0),
  close:
    (code: WireInteger, reason = '', isApplication = true): FrameWriter =>
    (target, at) =>
      writeConnectionClose(target, at, { isApplication, code, frameType: 0, reason }),
  /** Bytes as they are, in hexadecimal. */
  raw: (hex: string): FrameWriter => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    return (target, at) => {
      target.set(bytes, at)
      return at + bytes.length
    }
  },
} as const
