import type { Stream, StreamHandler } from '../../src/proto/stream/stream.js'

/** What the application was told of one stream: names of the events, and the bytes. */
export class Log implements StreamHandler {
  readonly events: string[] = []
  text = ''
  error: Error | undefined
  resetCode: unknown
  stopCode: unknown

  onData(_stream: Stream, chunk: Uint8Array): void {
    this.text += Buffer.from(chunk).toString('latin1')
    if (this.events.at(-1) !== 'data') this.events.push('data')
  }

  onEnd(): void {
    this.events.push('end')
  }

  onReset(_stream: Stream, error: Error & { applicationCode?: unknown }): void {
    this.resetCode = error.applicationCode
    this.events.push('reset')
  }

  onStopSending(_stream: Stream, error: Error & { applicationCode?: unknown }): void {
    this.stopCode = error.applicationCode
    this.events.push('stop')
  }

  onClose(_stream: Stream, error: Error | undefined): void {
    this.error = error
    this.events.push('close')
  }
}
