import type { Clock } from '@astranet/interface'
import { CloseCode, linkError, type Link } from '@astranet/link'

/** How long the preferred link has to answer when a newer one is there, in ms. Then the newer one is preferred. */
const GIVE_WAY_AFTER_MS = 1_000

/** How long it has until it is cut, in ms. */
const CUT_AFTER_MS = 5_000

/** What came of asking a link whether it lives. */
export type Verdict = 'answered' | 'silent'

/**
 * Asks a link whether it lives. `judge` is told when it has answered, and before that when it has not for so long that it
 * must give way. One that does not answer at all is cut, and its owner hears of that.
 */
export function probe(link: Link, clock: Clock, judge: (verdict: Verdict) => void): void {
  const givingWay = clock.setTimer(GIVE_WAY_AFTER_MS, () => judge('silent'))
  const cutting = clock.setTimer(CUT_AFTER_MS, () => {
    const message = `no answer within ${CUT_AFTER_MS} ms, and there is a newer link`
    link.destroy(linkError(CloseCode.DUPLICATE, message))
  })
  const stop = (): void => {
    givingWay.cancel()
    cutting.cancel()
  }
  link.ping().then(
    () => {
      stop()
      judge('answered')
    },
    // The link is over: its owner deals with that.
    stop,
  )
}
