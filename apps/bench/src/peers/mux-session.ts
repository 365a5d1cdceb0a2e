import { Session, type SessionLimits, type SessionHandler } from '@astranet/mux'
import { EQUAL_WINDOW_BYTES } from '../peer.js'
import { dialTcp, listenTcp } from './tcp-socket.js'

/** Windows of a session, in words. */
export const TUNED_WINDOWS = 'tuned by itself'

/** Bounds every window of a session to {@link EQUAL_WINDOW_BYTES}: a window is at most half of the buffer. */
export const EQUAL_WINDOWS: SessionLimits = { maxReceiveBufferBytes: 2 * EQUAL_WINDOW_BYTES }

/** More streams than any work opens. */
export const MANY_STREAMS: SessionLimits = { maxConcurrentStreams: 2 ** 24 }

/** Accepts sessions. */
export function listenMux(handler: SessionHandler, limits: SessionLimits): Promise<string> {
  return listenTcp((socket) => {
    new Session(socket, { role: 'server', handler, ...MANY_STREAMS, ...limits })
  })
}

/** Opens a session. */
export async function dialMux(
  address: string,
  handler: SessionHandler,
  limits: SessionLimits,
): Promise<Session> {
  const socket = await dialTcp(address)
  return new Session(socket, { role: 'client', handler, ...limits })
}
