import type { Clock } from '@astranet/interface'
import { CloseCode, linkError, type Link } from '@astranet/link'

/** How long the preferred link may take to answer when there is a newer one, in ms. Then the newer one is preferred. */
const GIVE_WAY_AFTER_MS = 1_000

/** How long it may take until it is closed, in ms. */
const CUT_AFTER_MS = 5_000

/** The result of asking a link whether it is alive. */
export type Verdict = 'answered' | 'silent'

/**
 * Pings a link to find out whether it is alive. Calls `judge` with `silent` when the link has not answered in time
 * and must give way, and with `answered` when it answers, also after that. A link that does not answer at all is
 * destroyed; its owner notices that through the link itself.
 */
export function probe(link: Link, clock: Clock, judge: (verdict: Verdict) => void): void {
  const background = { background: true }
  const givingWay = clock.setTimer(GIVE_WAY_AFTER_MS, () => judge('silent'), background)
  const cut = (): void => {
    const message = `no answer within ${CUT_AFTER_MS} ms, and there is a newer link`
    link.destroy(linkError(CloseCode.DUPLICATE, message))
  }
  const cutting = clock.setTimer(CUT_AFTER_MS, cut, background)
  const stop = (): void => {
    givingWay.cancel()
    cutting.cancel()
  }
  link.ping().then(
    () => {
      stop()
      judge('answered')
    },
    // The link has ended, and its owner deals with that.
    stop,
  )
}
