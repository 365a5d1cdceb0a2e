import type { Stream } from '@astranet/mux'
import { toDuplex, type StreamDuplex } from '@astranet/mux/duplex'
import type { Peer } from '../peer.js'
import { DuplexEvents, endDuplex, writeDuplex } from './duplex-events.js'
import { SECURE } from './carrier.js'
import { dialMux, EQUAL_WINDOWS, listenMux, TUNED_WINDOWS, type MuxOptions } from './mux-session.js'

/** Only AstraNet's multiplexer, each stream as a Node Duplex. */
export const muxDuplex: Peer<StreamDuplex> = make('mux-duplex', TUNED_WINDOWS, {})

/** The same with the equal windows of the `...-1mib` peers. */
export const muxDuplexEqualWindows: Peer<StreamDuplex> = {
  ...make('mux-duplex-1mib', '1 MiB a stream, 1 MiB in all', { limits: EQUAL_WINDOWS }),
  works: ['beside-bulk'],
}

/** The same over AstraNet's encrypted pipe. */
export const muxSecure: Peer<StreamDuplex> = make('mux-secure', TUNED_WINDOWS, { carrier: SECURE })

function make(name: string, windows: string, options: MuxOptions): Peer<StreamDuplex> {
  return {
    name,
    windows,
    maxOpenStreams: 1_000_000,
    listen(events) {
      const streams = new DuplexEvents(events)
      const onStream = (stream: Stream): void => {
        events.onStream(streams.attach(toDuplex(stream), false))
      }
      return listenMux({ onStream }, options, events.onFailure)
    },
    async dial(address, events) {
      const streams = new DuplexEvents(events)
      const session = await dialMux(address, {}, options)
      const started = (stream: Stream): StreamDuplex => streams.attach(toDuplex(stream), true)
      const open = (): StreamDuplex | Promise<StreamDuplex> => {
        const stream = session.tryOpenStream()
        return stream === undefined ? session.openStream().then(started) : started(stream)
      }
      return { open, close: () => session.destroy() }
    },
    write: writeDuplex,
    end: endDuplex,
  }
}
