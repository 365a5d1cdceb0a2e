import type { Socket } from 'node:net'
import type { Peer } from '../peer.js'
import { DuplexEvents, endDuplex, writeDuplex } from './duplex-events.js'
import { dialTcp, listenTcp } from './tcp-socket.js'

/** The usual way without a multiplexer: a `net.Socket` for each stream. */
export const tcpPerStream: Peer<Socket> = {
  name: 'tcp-per-stream',
  windows: "the system's",
  works: ['many', 'churn', 'beside-bulk', 'dial', 'memory'],
  // A machine has about 28,000 ports for outgoing connections.
  maxOpenStreams: 10_000,
  listen(events) {
    const streams = new DuplexEvents(events)
    return listenTcp((socket) => {
      events.onStream(streams.attach(socket, false))
    })
  },
  dial(address, events) {
    const streams = new DuplexEvents(events)
    return Promise.resolve({ open: async () => streams.attach(await dialTcp(address), true), close() {} })
  },
  write: writeDuplex,
  end: endDuplex,
}
