import { StreamError } from '../../proto/session/errors.js'

/** Whether the error means that this side closed the session. */
export function isClosedHere(error: Error | undefined): boolean {
  return error instanceof StreamError && error.code === 'ECONNABORTED'
}

/** Whether the error means that the peer stopped reading. */
export function isStop(error: Error): boolean {
  return error instanceof StreamError && error.code === 'EPIPE'
}

/** A write after this side ended or reset the stream. */
export function writeAfterReset(streamId: number): StreamError {
  return new StreamError('EPIPE', `stream ${streamId} cannot be written to: this side ended or reset it`)
}
