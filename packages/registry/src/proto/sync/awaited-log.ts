import type { LogId } from '../log/log-id.js'
import { isNewer, type Version } from '../model/version.js'
import type { AgendaEntry } from './agenda.js'
import type { Neighbour } from './neighbour.js'
import { MAX_ASKS } from './sync-limits.js'

/** A log that is not held in the newest version that a neighbour says it holds. */
export interface AwaitedLog extends LogId {
  readonly key: string
  /** The newest version that was offered. */
  version: Version
  /** Who offers it. */
  readonly sources: Map<Neighbour, Source>
  askedOf: Neighbour | undefined
  /** Whether it comes from announcements, not from what was offered at link-up. */
  isAnnounced: boolean
  /** Whether what is held of it is of no use to get there. */
  isWhole: boolean
  /** When an announced one is asked for (again). */
  timer: AgendaEntry | undefined
}

/** A neighbour that offers a log. */
export interface Source {
  version: Version
  /** How often it was asked. */
  asked: number
}

/** How a version became known. */
export type OfferKind = 'pull' | 'announced'

/** The neighbour to ask for a log of which `held` is held: the one that was asked least, if any may be asked again. */
export function leastAsked({ sources }: AwaitedLog, held: Version | undefined): Neighbour | undefined {
  let next: Neighbour | undefined
  let least = MAX_ASKS
  for (const [source, { asked, version }] of sources) {
    if (asked >= least || !isNewer(version, held)) continue
    next = source
    least = asked
  }
  return next
}

/** Another neighbour that offers a log than the one that was asked. */
export function otherSource({ sources }: AwaitedLog, asked: Neighbour): Neighbour | undefined {
  for (const source of sources.keys()) if (source !== asked) return source
  return undefined
}
