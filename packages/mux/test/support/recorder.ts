import type { Stream, StreamHandler } from '../../src/proto/stream/stream.js'

/** A handler that keeps everything it is told of one stream. */
export class Recorder implements StreamHandler {
  /** Names of the events, in order; pieces of data that follow each other count once. */
  readonly events: string[] = []
  readonly chunks: Uint8Array[] = []
  resetError: Error | undefined
  stopError: Error | undefined
  closeError: Error | undefined

  constructor(stream?: Stream) {
    stream?.handle(this)
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.chunks)
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  onData(_stream: Stream, chunk: Uint8Array): void {
    this.chunks.push(chunk)
    if (this.events.at(-1) !== 'data') this.events.push('data')
  }

  onEnd(): void {
    this.events.push('end')
  }

  onReset(_stream: Stream, error: Error): void {
    this.resetError = error
    this.events.push('reset')
  }

  onStopSending(_stream: Stream, error: Error): void {
    this.stopError = error
    this.events.push('stop')
  }

  onWritable(): void {
    this.events.push('writable')
  }

  onFlushed(): void {
    this.events.push('flushed')
  }

  onClose(_stream: Stream, error: Error | undefined): void {
    this.closeError = error
    this.events.push('close')
  }
}

/** `length` bytes that no other `seed` has in this order. */
export function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0, value = seed * 2_654_435_761; i < length; i++) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0
    bytes[i] = value >>> 24
  }
  return bytes
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
