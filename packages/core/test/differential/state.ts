import type { Player } from './player.js'

/** Properties of a socket at a moment of silence. */
export type State = Readonly<Record<string, unknown>>

/** What both read ahead in any case, bytes. */
const READ_AHEAD_BYTES = 12_000

/** What can be read off a player's socket; how many bytes wait where only when all of them were read ahead. */
export function stateOf(player: Player, peer: Player): State {
  const { socket, hadError, errorDetails } = player
  const { errored } = socket as { errored?: (Error & { code?: string }) | null }
  return {
    destroyed: socket.destroyed,
    closed: socket.closed,
    errored: errored?.code ?? null,
    hadError,
    errorDetails,
    readyState: socket.readyState,
    readable: socket.readable,
    readableEnded: socket.readableEnded,
    readableFlowing: socket.readableFlowing,
    readableAborted: socket.readableAborted,
    isPaused: socket.isPaused(),
    writable: socket.writable,
    writableEnded: socket.writableEnded,
    writableFinished: socket.writableFinished,
    writableCorked: socket.writableCorked,
    bytesWritten: socket.bytesWritten,
    pending: socket.pending,
    connecting: socket.connecting,
    timeout: socket.timeout,
    ...(isReadAhead(player, peer)
      ? { readableLength: socket.readableLength, bytesRead: socket.bytesRead }
      : {}),
    ...(isReadAhead(peer, player) ? { writableLength: socket.writableLength } : {}),
    ...(isReadAhead(peer, player) && player.notesFullness
      ? { writableNeedDrain: socket.writableNeedDrain }
      : {}),
  }
}

function isReadAhead(player: Player, peer: Player): boolean {
  return !player.reader.hasLeft && peer.sentBytes - player.recorder.receivedBytes <= READ_AHEAD_BYTES
}
