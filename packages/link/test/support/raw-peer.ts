import { encodeMessage } from '@astranet/frame/message'
import { toNodeId, type ByteDuplexHandler } from '@astranet/interface'
import { Session, type Stream } from '@astranet/mux'
import { encodePreamble, PREAMBLE_BYTES, type Preamble } from '../../src/proto/preamble.js'
import { memoryPipe, type MemoryEnd } from './memory-pipe.js'
import { Reader, Side } from './side.js'
import { VirtualClock } from './virtual-clock.js'

export const rawPreamble: Preamble = {
  qmuxDraft: 2,
  role: 'dialer',
  isResuming: false,
  nonce: new Uint8Array(16).fill(9),
  nodeId: toNodeId(9n),
}

/** The part of a later version's preamble that distinguishes it. */
export const otherVersion: Uint8Array = encodePreamble(rawPreamble).subarray(0, 10).with(9, 2)

export const rawHello = { n: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 9]), i: 1 }

/** A link that accepted a connection, and the raw other end. */
export function accepting(): { clock: VirtualClock; side: Side; raw: MemoryEnd; pipe: MemoryEnd } {
  const clock = new VirtualClock()
  const [pipe, raw] = memoryPipe(clock)
  const side = new Side(pipe, { id: 1n, clock, role: 'acceptor' })
  side.link.start()
  clock.run()
  return { clock, side, raw, pipe }
}

/** The pipe without the 38 bytes that the other end sends first. */
export function stripPreamble(end: MemoryEnd): MemoryEnd {
  const handle = end.handle.bind(end)
  let toSkip = PREAMBLE_BYTES
  end.handle = (handler: ByteDuplexHandler) => {
    handle({
      onData: (chunk) => {
        const skipped = Math.min(toSkip, chunk.length)
        toSkip -= skipped
        if (skipped < chunk.length) handler.onData(chunk.subarray(skipped))
      },
      onDrain: () => handler.onDrain(),
      onEnd: () => handler.onEnd(),
      onClose: (reason) => handler.onClose(reason),
    })
  }
  return end
}

/** A link, and a peer that speaks QMux properly and sends on its streams what a test chooses. */
export interface RawPeer {
  readonly clock: VirtualClock
  readonly side: Side
  readonly session: Session
  /** Why the peer's session is over. */
  closed(): Error | undefined
}

/** `onStream` is given the streams that the link opens. */
export function rawPeer(handler: { onStream?: (stream: Stream) => void } = {}): RawPeer {
  const { clock, side, raw } = accepting()
  raw.writev([encodePreamble(rawPreamble)])
  let closed: Error | undefined
  const session = new Session(stripPreamble(raw), {
    role: 'client',
    isTrusted: false,
    clock,
    handler: { ...handler, onClosing: (reason) => (closed = reason) },
  })
  clock.run()
  return { clock, side, session, closed: () => closed }
}

/** The same behind its HELLO, with its control stream. */
export function openRawPeer(
  handler: { onStream?: (stream: Stream) => void } = {},
): RawPeer & { readonly control: Stream } {
  const peer = rawPeer(handler)
  const control = peer.session.tryOpenStream() as Stream
  control.handle(new Reader())
  control.write(encodeMessage(rawHello))
  peer.clock.run()
  peer.session.raiseLimits()
  peer.clock.run()
  return { ...peer, control }
}
