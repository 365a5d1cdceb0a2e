import type { NodeId } from '@astranet/interface'
import type { CatalogueRole, NeighbourFacts } from '../model/catalogue-options.js'
import { REQUESTS_REFILL_MS } from '../model/limits.js'
import type { AskedLog } from '../wire/message.js'
import type { AgendaEntry } from './agenda.js'
import { Announcements } from './announcements.js'
import { DirtyQueue } from './dirty-queue.js'
import type { HeldLog } from './held-log.js'
import type { KeptRations } from './kept-rations.js'
import { LeafInterest } from './leaf-interest.js'
import { Ration } from './ration.js'
import type { SharedLog } from './shared-log.js'
import { CONFIRMS_REFILL_MS, DROPPED_WINDOW_MS, SUSPECT_WINDOW_MS } from './sync-limits.js'
import type { VersionsAnswer } from './versions-answer.js'

/** How far finding out what the neighbour holds has come. */
export type PullState = 'idle' | 'due' | 'awaited'

/**
 * A node that this one has a link to: what is due to it, and what is due from it. Its states: greeting (its greeting or
 * something it offered is awaited), then current.
 */
export class Neighbour {
  readonly id: NodeId
  readonly role: CatalogueRole
  readonly holdsAll: boolean
  /** When its link came up, or the exchange last began anew: what was offered then is known to it, and nothing else. */
  upAt: number
  /** By the HELLO of its link, or as it told since. */
  incarnation: number
  /** When the exchange with that life of it began. */
  begunAt: number
  /** False once its link has gone: a message of it may be in progress still. */
  isUp = true
  isCurrent = false

  isRestartDue = false
  isGreetingDue = true
  hasGreeted = false
  pull: PullState = 'idle'
  /** What it asked for by buckets and has not been sent. */
  answer: VersionsAnswer | undefined = undefined

  /** It announced what does not exist: it is not asked for what it announces until it has sent something. */
  isLiar = false
  /** How often it did not hold what it had announced, since it last sent something. */
  emptyAnswers = 0
  isRootDue = false
  rootMismatches = 0
  /** Whether something is kept from it, so that roots cannot be compared. */
  isRestricted = false

  readonly dirty: DirtyQueue = new DirtyQueue()
  readonly announcements: Announcements = new Announcements()
  /** What is asked of it next. `isWhole`: what is held of it is of no use. */
  readonly asks: Map<string, Omit<AskedLog, 'held'> & { readonly isWhole: boolean }> = new Map()
  /** Logs that it offered when its link came up, and that have not arrived. */
  readonly awaited: Set<string> = new Set()
  /** Logs that it offered or announced and that have not arrived. */
  announced = 0
  readonly gone: Set<NodeId> = new Set()
  /** Owners that it is to be asked to confirm, and when it was last asked. */
  readonly toConfirm: Set<NodeId> = new Set()
  confirmAt: number = -Infinity
  /** Owners that it asked about: those that are confirmed here, and those that are not, until they are forgotten. */
  readonly confirmed: Set<NodeId> = new Set()
  readonly unconfirmed: Set<NodeId> = new Set()
  unconfirmedEnd: AgendaEntry | undefined = undefined
  readonly confirmAsks: Ration = new Ration(CONFIRMS_REFILL_MS)
  /** Its own logs, as they are held here from a life that it does not know: it is shown their states. At most two. */
  readonly evidence: Set<SharedLog> = new Set()
  /** Logs of which it has sent a part and not the last one. */
  readonly staging: Set<HeldLog> = new Set()
  /** What it wants, if it is a leaf. */
  readonly interest: LeafInterest

  readonly requests: Ration = new Ration(REQUESTS_REFILL_MS)
  readonly suspects: Ration = new Ration(SUSPECT_WINDOW_MS)
  readonly dropped: Ration = new Ration(DROPPED_WINDOW_MS)
  readonly rations: KeptRations
  /** Wakes it for what waits. */
  timer: AgendaEntry | undefined = undefined
  /** Looks whether what it was asked for arrives. */
  patience: AgendaEntry | undefined = undefined
  /** When something last arrived that it was asked for. */
  progressAt: number
  /** When something last arrived of it. */
  heardAt: number

  constructor(facts: NeighbourFacts, rations: KeptRations, now: number) {
    this.id = facts.nodeId
    this.role = facts.role
    this.holdsAll = facts.holdsAll
    this.incarnation = facts.incarnation
    this.rations = rations
    this.interest = new LeafInterest(rations.looks)
    this.upAt = now
    this.begunAt = now
    this.progressAt = now
    this.heardAt = now
  }

  /**
   * Whether it is known what it offers. Until then logs wait, because it may hold them already, and because they have
   * to come in order.
   */
  get isKnown(): boolean {
    return !this.isRouter || (this.hasGreeted && this.pull === 'idle')
  }

  /** What it was sent because it asked, over all its links. */
  get resent(): Ration {
    return this.rations.resent
  }

  get isRouter(): boolean {
    return this.role === 'router'
  }

  /** The exchange begins anew: nothing of what was due before is due. */
  restart(): void {
    this.isGreetingDue = true
    this.hasGreeted = false
    this.pull = 'idle'
    this.answer = undefined
    this.isRootDue = false
    this.rootMismatches = 0
    this.dirty.clear()
    this.announcements.clear()
    this.asks.clear()
    this.gone.clear()
    this.toConfirm.clear()
    this.evidence.clear()
  }
}
