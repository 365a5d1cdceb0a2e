import type { Socket } from 'node:net'
import type { Peer } from '../peer.js'
import { DuplexEvents, endDuplex, writeDuplex } from './duplex-events.js'
import { dialTcp, listenTcp } from './tcp-socket.js'

/** The baseline: one `net.Socket`, used as one stream. */
export const tcp: Peer<Socket> = {
  name: 'tcp',
  windows: "the system's",
  works: ['bulk', 'small', 'latency', 'handshakes'],
  maxOpenStreams: 1,
  listen(events) {
    const streams = new DuplexEvents(events)
    return listenTcp((socket) => {
      events.onStream(streams.attach(socket, false))
    })
  },
  async dial(address, events) {
    const socket = new DuplexEvents(events).attach(await dialTcp(address), true)
    return { open: () => socket, close: () => void socket.destroy() }
  },
  write: writeDuplex,
  end: endDuplex,
}
