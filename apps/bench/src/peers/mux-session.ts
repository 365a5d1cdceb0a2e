import { Session, type SessionLimits, type SessionHandler } from '@astranet/mux'
import { EQUAL_WINDOW_BYTES } from '../peer.js'
import { TCP, type Carrier } from './carrier.js'

/** Windows of a session, in words. */
export const TUNED_WINDOWS = 'tuned by itself'

/** Bounds every window of a session to {@link EQUAL_WINDOW_BYTES}: a window is at most half of the buffer. */
export const EQUAL_WINDOWS: SessionLimits = { maxReceiveBufferBytes: 2 * EQUAL_WINDOW_BYTES }

/** More streams than any work opens. */
export const MANY_STREAMS: SessionLimits = { maxConcurrentStreams: 2 ** 24 }

/** How the sessions of a peer are made. */
export interface MuxOptions {
  readonly limits?: SessionLimits
  /** Default {@link TCP}. */
  readonly carrier?: Carrier
}

/** Accepts sessions. `onFailure`: a pipe could not be made. */
export function listenMux(
  handler: SessionHandler,
  { limits, carrier = TCP }: MuxOptions,
  onFailure: (error: Error) => void,
): Promise<string> {
  return carrier.listen((pipe) => {
    new Session(pipe, { role: 'server', handler, ...MANY_STREAMS, ...limits })
  }, onFailure)
}

/** Opens a session. */
export async function dialMux(
  address: string,
  handler: SessionHandler,
  { limits, carrier = TCP }: MuxOptions,
): Promise<Session> {
  return new Session(await carrier.dial(address), { role: 'client', handler, ...limits })
}
