import type { MemoryEnd } from '../support/memory-pipe.js'
import type { Side } from '../support/side.js'
import type { VirtualClock } from '../support/virtual-clock.js'

/** Longer than the deadline of a handshake and the time that a pipe lingers. */
const DEADLINE_MS = 12_000

/** Longer than anything that a link does once it was closed. */
const CLOSING_MS = 120_000

/** Throws an error unless `condition` holds. */
export function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** A link under attack and its end of the pipe. */
export interface Attacked {
  readonly side: Side
  readonly end: MemoryEnd
}

/** Counts the timers that are set when the last of the links reports its end. To be called before they start. */
export function watchTimers(clock: VirtualClock, sides: readonly Side[]): { timers: number } {
  const left = { timers: 0 }
  for (const side of sides) {
    side.onClose = () => {
      // What ends with the link may do so later in the same turn.
      if (sides.every(({ link }) => link.state === 'closed')) clock.defer(() => (left.timers = clock.timers))
    }
  }
  return left
}

/** Lets the deadline pass. Each link has then opened, or ended, or first one and then the other; once each. */
export async function mustBeDecided(clock: VirtualClock, attacked: readonly Attacked[]): Promise<void> {
  await clock.pass(DEADLINE_MS)
  for (const { side } of attacked)
    must(side.link.state !== 'handshake', 'a link is undecided after its deadline')
  // A session that was closed waits for the peer's close.
  await clock.pass(CLOSING_MS)
  for (const { side } of attacked) {
    const { link, opened, closes } = side
    must(link.isOpen || link.state === 'closed', `long after the deadline a link is ${link.state}`)
    must(opened.length <= 1, 'a link opened twice')
    must(!link.isOpen || opened.length === 1, 'a link is open and has not reported it')
    must(closes.length === (link.isOpen ? 0 : 1), `a link reported its end ${closes.length} times`)
    if (link.state === 'closed' && link.session === undefined) mustBeLinkError(closes[0])
  }
}

/** Closes what is open. Nothing is left then: each link has ended once, its pipe is closed, and no timer is set. */
export async function mustLeaveNothing(
  clock: VirtualClock,
  attacked: readonly Attacked[],
  left: { readonly timers: number },
): Promise<void> {
  for (const { side } of attacked) side.link.close()
  await clock.pass(CLOSING_MS)
  for (const { side, end } of attacked) {
    must(side.link.state === 'closed', `a closed link is ${side.link.state}`)
    must(side.closes.length === 1, `a link reported its end ${side.closes.length} times`)
    must(end.isClosed, 'a link has ended and its pipe is open')
  }
  must(left.timers === 0, `${left.timers} timers were set when the links had ended`)
  must(clock.timers === 0, `${clock.timers} timers are left`)
}

function mustBeLinkError(error: Error | undefined): void {
  const { code } = (error ?? {}) as { code?: string }
  const isNamed = code?.startsWith('ASTRA_ERR_LINK_') === true && code !== 'ASTRA_ERR_LINK_INTERNAL'
  must(isNamed, `a handshake ended with ${String(code)}: ${String(error)}`)
}

/** How a link ended: `open`, or a code. */
export function outcomeOf({ side }: Attacked): string {
  const error = side.closes[0] as { code?: string } | undefined
  return side.link.isOpen ? 'open' : String(error?.code).replace('ASTRA_ERR_LINK_', '')
}
