import type { Peer, StreamEvents } from '../peer.js'
import { SILENT } from '../work.js'

/** Echoes each stream, and ends it when the other side does. Only for few bytes: it ignores back-pressure. */
export function serveEcho<S extends object>(peer: Peer<S>): StreamEvents<S> {
  return {
    ...SILENT,
    onData: (stream, chunk) => void peer.write(stream, chunk),
    onEnd: (stream) => peer.end(stream),
  }
}
