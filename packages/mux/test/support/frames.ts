import {
  writeStreamHeader,
  writeTransportParameters,
  writeVarint,
  type TransportParameters,
} from '@astranet/frame'

/** What a test's own peer writes: a frame, or part of one. */
export type FrameWriter = (target: Uint8Array, at: number) => number

/** Frames in one record. */
export function record(...frames: FrameWriter[]): Uint8Array {
  const body = new Uint8Array(300_000)
  let end = 0
  for (const frame of frames) end = frame(body, end)
  const header = new Uint8Array(8)
  const size = writeVarint(header, 0, end)
  return concat(header.subarray(0, size), body.subarray(0, end))
}

/** The first record of a peer. */
export function hello(parameters: Partial<TransportParameters> = {}): Uint8Array {
  return record((target, at) =>
    writeTransportParameters(target, at, {
      initialMaxData: 1 << 30,
      initialMaxStreamDataBidiLocal: 1 << 20,
      initialMaxStreamDataBidiRemote: 1 << 20,
      initialMaxStreamDataUni: 1 << 20,
      initialMaxStreamsBidi: 1 << 20,
      initialMaxStreamsUni: 1 << 20,
      ...parameters,
    }),
  )
}

export function streamFrame(id: number, offset: number, payload: Uint8Array, isFin = false): FrameWriter {
  return (target, at) => {
    const start = writeStreamHeader(target, at, id, offset, payload.length, isFin)
    target.set(payload, start)
    return start + payload.length
  }
}

export function raw(...bytes: number[]): FrameWriter {
  return (target, at) => {
    target.set(bytes, at)
    return at + bytes.length
  }
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
