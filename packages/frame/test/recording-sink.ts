import type { ConnectionClose, FrameSink, TransportParameters, WireInteger } from '../src/index.js'
import { DEFAULT_TRANSPORT_PARAMETERS } from '../src/index.js'

/** A call of the sink as JSON can hold it: its name and arguments, bytes in hexadecimal, bigints as decimal strings. */
export type Call = [name: string, ...args: unknown[]]

/**
 * Keeps what a decoder told it. Pieces of stream data that follow each other are merged, since how they were cut is
 * not a property of the bytes.
 */
export class RecordingSink implements FrameSink {
  readonly calls: Call[] = []

  transportParameters(parameters: TransportParameters): void {
    const defaults: Record<string, unknown> = { ...DEFAULT_TRANSPORT_PARAMETERS }
    const given = Object.entries(parameters).filter(([name, value]) => value !== defaults[name])
    this.calls.push(['transportParameters', Object.fromEntries(given)])
  }

  stream(id: number, offset: number, chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    const bytes = toHex(chunk.subarray(start, end))
    const last = this.calls.at(-1)
    if (last !== undefined && last[0] === 'stream' && continues(last, id, offset)) {
      last[3] = (last[3] as string) + bytes
      last[4] = fin
    } else this.calls.push(['stream', id, offset, bytes, fin])
  }

  resetStream(id: number, code: WireInteger, finalSize: number): void {
    this.calls.push(['resetStream', id, jsonInteger(code), finalSize])
  }
  resetStreamAt(id: number, code: WireInteger, finalSize: number, reliableSize: number): void {
    this.calls.push(['resetStreamAt', id, jsonInteger(code), finalSize, reliableSize])
  }
  stopSending(id: number, code: WireInteger): void {
    this.calls.push(['stopSending', id, jsonInteger(code)])
  }
  maxData(limit: number): void {
    this.calls.push(['maxData', limit])
  }
  maxStreamData(id: number, limit: number): void {
    this.calls.push(['maxStreamData', id, limit])
  }
  maxStreams(isBidirectional: boolean, limit: number): void {
    this.calls.push(['maxStreams', isBidirectional, limit])
  }
  dataBlocked(limit: number): void {
    this.calls.push(['dataBlocked', limit])
  }
  streamDataBlocked(id: number, limit: number): void {
    this.calls.push(['streamDataBlocked', id, limit])
  }
  streamsBlocked(isBidirectional: boolean, limit: number): void {
    this.calls.push(['streamsBlocked', isBidirectional, limit])
  }
  datagram(payload: Uint8Array): void {
    this.calls.push(['datagram', toHex(payload)])
  }
  connectionClose(close: ConnectionClose): void {
    const { code, frameType } = close
    this.calls.push([
      'connectionClose',
      { ...close, code: jsonInteger(code), frameType: jsonInteger(frameType) },
    ])
  }
  ping(high: number, low: number): void {
    this.calls.push(['ping', high, low])
  }
  pong(high: number, low: number): void {
    this.calls.push(['pong', high, low])
  }
  recordEnd(frames: number): void {
    this.calls.push(['recordEnd', frames])
  }
}

function continues(last: Call, id: number, offset: number): boolean {
  const [, lastId, lastOffset, bytes, fin] = last as [string, number, number, string, boolean]
  // Offsets above 2^53 - 1 all come as 2^53.
  return lastId === id && !fin && Math.min(lastOffset + bytes.length / 2, 2 ** 53) === offset
}

export function jsonInteger(value: WireInteger): number | string {
  return typeof value === 'bigint' ? String(value) : value
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}
