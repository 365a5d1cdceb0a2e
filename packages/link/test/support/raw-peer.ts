import type { PipeSecurity } from '@astranet/interface'
import { Session, type Stream } from '@astranet/mux'
import type { LinkOptions } from '@astranet/link'
import { encodePreamble } from '../../src/proto/preamble.js'
import { memoryPipe, type MemoryEnd } from './memory-pipe.js'
import { RawEnd } from './raw-end.js'
import { rawInitiate, rawPreamble, type RawOptions } from './raw-handshake.js'
import { Reader, Side } from './side.js'
import { VirtualClock } from './virtual-clock.js'

/** The part of a later version's preamble that distinguishes it. */
export const otherVersion: Uint8Array = encodePreamble(rawPreamble).subarray(0, 10).with(9, 2)

/** A link that accepted a connection, and the raw other end. */
export interface Accepting {
  readonly clock: VirtualClock
  readonly side: Side
  readonly raw: RawEnd
  /** The link's end. */
  readonly pipe: MemoryEnd
}

export async function accepting(
  options: Partial<LinkOptions> = {},
  security: PipeSecurity = { isPrivate: true },
): Promise<Accepting> {
  const clock = new VirtualClock()
  const [pipe, other] = memoryPipe(clock)
  pipe.security = security
  const side = new Side(pipe, { id: 1n, clock, role: 'acceptor', ...options })
  const raw = new RawEnd(other)
  side.link.start()
  await clock.settle()
  return { clock, side, raw, pipe }
}

/** A link that dialed, and the raw other end, at which its preamble and message 1 have arrived. */
export async function dialing(
  options: Partial<LinkOptions> = {},
  security: PipeSecurity = { isPrivate: true },
): Promise<Accepting> {
  const clock = new VirtualClock()
  const [pipe, other] = memoryPipe(clock)
  pipe.security = security
  const side = new Side(pipe, { id: 1n, clock, role: 'dialer', ...options })
  const raw = new RawEnd(other)
  side.link.start()
  await clock.settle()
  return { clock, side, raw, pipe }
}

/** A link, and a peer that speaks QMux properly and sends on its streams what a test chooses. */
export interface RawPeer {
  readonly clock: VirtualClock
  readonly side: Side
  readonly session: Session
  /** Why the peer's session is over. */
  closed(): Error | undefined
}

/** How a {@link RawPeer} behaves. */
export interface RawPeerOptions extends RawOptions {
  /** Gets the streams that the link opens. */
  readonly onStream?: (stream: Stream) => void
  /** The peer's session, and the link. */
  readonly session?: object
  readonly link?: Partial<LinkOptions>
  /** What the link knows of its end of the pipe. Default: it is private. */
  readonly security?: PipeSecurity
}

/** A peer that has completed the handshake, as the initiator. */
export async function rawPeer(options: RawPeerOptions = {}): Promise<RawPeer> {
  const { clock, side, raw } = await accepting(options.link, options.security)
  await rawInitiate(raw, clock, options)
  let closed: Error | undefined
  const { onStream } = options
  const session = new Session(raw.end, {
    role: 'client',
    clock,
    ...options.session,
    handler: { ...(onStream && { onStream }), onClosing: (reason) => (closed = reason) },
  })
  await clock.settle()
  return { clock, side, session, closed: () => closed }
}

/** The same with its control stream. */
export async function openRawPeer(
  options: RawPeerOptions = {},
): Promise<RawPeer & { readonly control: Stream }> {
  const peer = await rawPeer(options)
  const control = peer.session.tryOpenStream() as Stream
  control.handle(new Reader())
  return { ...peer, control }
}
