import type { Stream, StreamHandler } from '@astranet/mux'
import type { Peer, StreamEvents } from '../peer.js'
import { dialMux, EQUAL_WINDOWS, listenMux, TUNED_WINDOWS, type MuxOptions } from './mux-session.js'

/** Only AstraNet's multiplexer, with its plain streams. */
export const muxLight: Peer<Stream> = make('mux-light', TUNED_WINDOWS, {})

/** The same with the equal windows of the `...-1mib` peers. */
export const muxLightEqualWindows: Peer<Stream> = {
  ...make('mux-light-1mib', '1 MiB a stream, 1 MiB in all', { limits: EQUAL_WINDOWS }),
  works: ['beside-bulk'],
}

function make(name: string, windows: string, options: MuxOptions): Peer<Stream> {
  return {
    name,
    windows,
    maxOpenStreams: 10_000_000,
    listen(events) {
      const handler = handlerOf(events)
      const onStream = (stream: Stream): void => {
        stream.handle(handler)
        events.onStream(stream)
      }
      return listenMux({ onStream, onClose: failWith(events) }, options, events.onFailure)
    },
    async dial(address, events) {
      const handler = handlerOf(events)
      const session = await dialMux(address, { onClose: failWith(events) }, options)
      const started = (stream: Stream): Stream => (stream.handle(handler), stream)
      const open = (): Stream | Promise<Stream> => {
        const stream = session.tryOpenStream()
        return stream === undefined ? session.openStream().then(started) : started(stream)
      }
      return { open, close: () => session.destroy() }
    },
    write: (stream, bytes) => stream.write(bytes),
    end: (stream) => stream.end(),
  }
}

function handlerOf(events: StreamEvents<Stream>): StreamHandler {
  return {
    onData: (stream, chunk) => events.onData(stream, chunk),
    onEnd: (stream) => events.onEnd(stream),
    onWritable: (stream) => events.onWritable(stream),
    onReset: (_stream, error) => events.onFailure(error),
    onStopSending: (_stream, error) => events.onFailure(error),
  }
}

function failWith(events: StreamEvents<Stream>): (reason: Error | undefined) => void {
  return (reason) => events.onFailure(reason ?? new Error('the session was closed'))
}
