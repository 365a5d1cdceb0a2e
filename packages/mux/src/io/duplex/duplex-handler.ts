import type { Stream, StreamHandler } from '../../proto/stream/stream.js'

/** What a Duplex does at the events of its stream. */
export interface DuplexEvents {
  received(chunk: Uint8Array): void
  ended(): void
  failed(error: Error | undefined): void
  stopped(error: Error): void
  released(): void
  leaving(): void
  streamClosed(error: Error | undefined): void
  /** One of the calls above ran code of the application, which threw. */
  threw(error: unknown): void
}

/** One handler for all Duplexes: the Duplex of a stream is its context. */
export const duplexHandler: StreamHandler = {
  onData: (stream, chunk) => {
    const duplex = duplexOf(stream)
    try {
      duplex.received(chunk)
    } catch (error) {
      duplex.threw(error)
    }
  },
  onEnd: (stream) => guarded(stream, (duplex) => duplex.ended()),
  onReset: (stream, error) => guarded(stream, (duplex) => duplex.failed(error)),
  onStopSending: (stream, error) => guarded(stream, (duplex) => duplex.stopped(error)),
  onWritable: (stream) => guarded(stream, released),
  onFlushed: (stream) => guarded(stream, released),
  onLeave: (stream) => duplexOf(stream).leaving(),
  onClose: (stream, error) => guarded(stream, (duplex) => duplex.streamClosed(error)),
}

function released(duplex: DuplexEvents): void {
  duplex.released()
}

/** Calls the Duplex of the stream. What code of the application throws meanwhile does not reach the session. */
function guarded(stream: Stream, call: (duplex: DuplexEvents) => void): void {
  const duplex = duplexOf(stream)
  try {
    call(duplex)
  } catch (error) {
    duplex.threw(error)
  }
}

function duplexOf(stream: Stream): DuplexEvents {
  return stream.context as DuplexEvents
}

/** Drops all later events of the stream: its Duplex does not use it any more. */
export function ignoreEvents(stream: Stream): void {
  stream.context = NOBODY
}

/** Drops every event. */
const NOBODY: DuplexEvents = {
  received: doNothing,
  ended: doNothing,
  failed: doNothing,
  stopped: doNothing,
  released: doNothing,
  leaving: doNothing,
  streamClosed: doNothing,
  threw: doNothing,
}

function doNothing(): void {}
