import type { TLSSocket } from 'node:tls'
import type { Peer } from '../peer.js'
import { DuplexEvents, endDuplex, writeDuplex } from './duplex-events.js'
import { dialTls, listenTls } from './tls-socket.js'

/** The baseline of what is encrypted: one `tls.TLSSocket` on a raw socket, used as one stream. */
export const tls: Peer<TLSSocket> = {
  name: 'tls',
  windows: "the system's",
  works: ['bulk', 'small', 'latency', 'handshakes'],
  maxOpenStreams: 1,
  listen(events) {
    const streams = new DuplexEvents(events)
    return listenTls((socket) => {
      events.onStream(streams.attach(socket, false))
    })
  },
  async dial(address, events) {
    const socket = new DuplexEvents(events).attach(await dialTls(address), true)
    return { open: () => socket, close: () => void socket.destroy() }
  },
  write: writeDuplex,
  end: endDuplex,
}
