import type { Clock } from '@astranet/interface'
import type { Link } from '@astranet/link'
import type { AdmittedIdentity } from '../links/remote-identity.js'
import type { PortTable } from '../listen/port-table.js'
import type { AccessControl } from './access-control.js'

/** @internal What ending forbidden links needs of the node. */
export interface EndForbiddenParts {
  readonly ports: PortTable
  readonly clock: Clock
  /** How long the policy may take to answer, in ms. */
  readonly patienceMs: number
  /** The links that this node has admitted. */
  readonly admitted: () => Iterable<readonly [Link, AdmittedIdentity]>
  /** Closes a link for that reason; resolves when it has closed. */
  readonly end: (link: Link, text: string) => Promise<void>
}

/**
 * Closes the links that the policy of `after` does not allow, and those whose peer could dial some bound service by the
 * policy of `before` and cannot any more. One link per turn of the event loop, because each is asked for every bound
 * service. Resolves when they have closed; never rejects.
 */
export async function endForbidden(
  { ports, clock, patienceMs, admitted, end }: EndForbiddenParts,
  before: AccessControl,
  after: AccessControl,
): Promise<void> {
  // Links about which the former policy has decided are among the admitted ones a turn later.
  await turn(clock)
  const deadline = new AbortController()
  const timer = clock.setTimer(patienceMs, () => deadline.abort())
  // All are asked at once: each may take its time.
  const asked = [...admitted()].map(([link, peer]) => {
    return { link, peer, refusal: after.linkRefusal(peer, deadline.signal) }
  })
  const ending: Promise<void>[] = []
  for (const { link, peer, refusal } of asked) {
    const text = (await refusal) ?? lostDial(ports, peer, { before, after })
    if (text !== undefined) ending.push(end(link, text))
    await turn(clock)
  }
  timer.cancel()
  await Promise.all(ending)
}

/** Why the peer may not dial some bound service any more; `undefined` if it may dial all that it could. */
function lostDial(
  ports: PortTable,
  peer: AdmittedIdentity,
  { before, after }: { before: AccessControl; after: AccessControl },
): string | undefined {
  for (const { binding } of ports.all()) {
    const text = after.dialRefusal(peer, binding.asked)
    if (text !== undefined && before.dialRefusal(peer, binding.asked) === undefined)
      return `${text} any more; it may link again`
  }
  return undefined
}

function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.defer(resolve))
}
