import type { Peer, StreamEvents } from '../peer.js'
import { SILENT } from '../work.js'

/** Sends back what arrives on each stream and ends when the other side does. For little: nothing holds it back. */
export function serveEcho<S extends object>(peer: Peer<S>): StreamEvents<S> {
  return {
    ...SILENT,
    onData: (stream, chunk) => void peer.write(stream, chunk),
    onEnd: (stream) => peer.end(stream),
  }
}
