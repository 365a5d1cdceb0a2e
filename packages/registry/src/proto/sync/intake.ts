import { AstraError, formatNodeId, type NodeId } from '@astranet/interface'
import { after, type MaybePromise } from '../crypto.js'
import type { Delta } from '../log/delta.js'
import type { DeltaResult, RecordChange } from '../log/delta-result.js'
import type { IncarnationClaims } from '../log/incarnation-claims.js'
import { logKey } from '../log/log-id.js'
import { compareVersions, isNewer, plainVersion, type Version } from '../model/version.js'
import type { Awaited } from './awaited.js'
import type { HeldLog } from './held-log.js'
import type { Neighbour } from './neighbour.js'
import type { Push } from './push.js'
import type { RefusedOwners } from './refused-owners.js'
import { changeShare } from './shared-log.js'
import { MAX_DROPPED_DELTAS, MAX_MISMATCHED, MAX_SUSPECTS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'
import { deltasAhead, type VerifyAhead } from './verify-ahead.js'

/** A log that has changed. */
export interface LogChange {
  readonly log: HeldLog
  /** What was held before. */
  readonly before: Version | undefined
  readonly changes: readonly RecordChange[]
  readonly from: Neighbour
}

/** What {@link Intake} works with. */
export interface IntakeParts {
  readonly state: SyncState
  readonly awaited: Awaited
  readonly push: Push
  readonly claims: IncarnationClaims
  readonly refused: RefusedOwners
  readonly ahead: VerifyAhead
  /** Called when a log has changed, and when only the memory that it takes has. */
  readonly onChanged: (change: LogChange) => void
  readonly onStaged: (log: HeldLog) => void
  /** Called when a neighbour has sent what is held already. */
  readonly onKnown: (from: Neighbour, owner: NodeId) => void
}

type Outcome = MaybePromise<AstraError | undefined>

/** Takes the deltas that neighbours send: who may send what, how often, and what comes of it. */
export class Intake {
  readonly #parts: IntakeParts

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** How many signatures were checked, successfully or not. */
  verifications = 0

  /** Takes the deltas of one message, one after the other, up to the first that ends the link. */
  receive(from: Neighbour, deltas: readonly Delta[]): Outcome {
    for (let index = 0; index < deltas.length; index++) {
      const outcome = this.#receiveAt(from, deltas, index)
      if (outcome instanceof Promise) return this.#receiveRest(from, deltas, index + 1, outcome)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }

  /** Goes on at `start` when the answer about the one before is there. */
  async #receiveRest(
    from: Neighbour,
    deltas: readonly Delta[],
    start: number,
    before: Promise<AstraError | undefined>,
  ): Promise<AstraError | undefined> {
    let error = await before
    for (let index = start; index < deltas.length && error === undefined; index++) {
      const outcome = this.#receiveAt(from, deltas, index)
      error = outcome instanceof Promise ? await outcome : outcome
    }
    return error
  }

  #receiveAt(from: Neighbour, deltas: readonly Delta[], index: number): Outcome {
    for (const each of deltasAhead(deltas, index)) this.#verifyAhead(from, each)
    return this.#receive(from, deltas[index] as Delta)
  }

  /** Begins to check the signature of a delta, unless it will be refused or dropped for other reasons. */
  #verifyAhead(from: Neighbour, delta: Delta): void {
    const { state, refused, ahead } = this.#parts
    if (delta.owner === state.self || (!from.isRouter && delta.owner !== from.id)) return
    const log = state.store.get(delta)
    const publicKey = delta.publicKey ?? log?.publicKey
    if (publicKey === undefined || refused.has(logKey(delta.owner, delta.kind), delta.state)) return
    if (log?.version !== undefined && !isNewer(delta.state, log.version)) return
    if (log?.accepted.hasRoom(state.now) !== false) ahead.start(delta, publicKey)
  }

  #receive(from: Neighbour, delta: Delta): Outcome {
    const { state, claims, refused, awaited } = this.#parts
    const { owner, kind, entries } = delta
    state.receivedEntryBytes += entries.length
    if (owner === state.self)
      return this.#forged(
        from,
        delta,
        claims.receive(kind, delta.state, from.id, () => state.now),
      )
    const key = logKey(owner, kind)
    if (refused.has(key, delta.state)) {
      awaited.refused(key)
      return undefined
    }
    const log = state.store.get(delta)
    if (log?.version !== undefined && !isNewer(delta.state, log.version))
      return this.#known(from, delta, log, log.version)
    if (!from.isRouter && owner !== from.id && !isLaterLife(log, delta.state)) return notItsOwn(from, delta)
    if (log === undefined && delta.since !== undefined) {
      // It follows something that is not held. Nobody has shown yet that there is such a log, so nothing is kept of it.
      awaited.gap(from, delta, delta.state, false)
      return undefined
    }
    return this.#apply(from, delta, log ?? state.store.open(delta, state.now))
  }

  /** It is held already. */
  #known(from: Neighbour, delta: Delta, log: HeldLog, held: Version): undefined {
    const { awaited, push } = this.#parts
    from.dirty.isKnown(log.key, delta.state)
    from.announcements.isKnown(log.key, delta.state)
    const isSame = compareVersions(delta.state, held) === 0
    awaited.arrived(log.key, held, from)
    if (isSame) this.#parts.onKnown(from, delta.owner)
    else push.outdated(from, log, delta.state)
    return undefined
  }

  #apply(from: Neighbour, delta: Delta, log: HeldLog): Outcome {
    const { state, awaited } = this.#parts
    if (!delta.hasMore && !log.accepted.hasRoom(state.now)) return this.#drop(from, delta, log)
    if (delta.since !== undefined && isUseless(log, from)) {
      awaited.gap(from, delta, delta.state, true)
      return undefined
    }
    const before = log.version
    return after(log.replica.apply(delta, from.id), (result) => {
      if (result.kind === 'applied') noteContinuity(log, before, result.isReplaced)
      if (result.kind !== 'staged') from.staging.delete(log)
      else if (from.isUp && state.store.get(log) === log) from.staging.add(log)
      else log.replica.dropStaged(from.id)
      return this.#applied(from, delta, log, before, result)
    })
  }

  #applied(
    from: Neighbour,
    delta: Delta,
    log: HeldLog,
    before: Version | undefined,
    result: DeltaResult,
  ): AstraError | undefined {
    const { state, awaited, onChanged, onStaged } = this.#parts
    switch (result.kind) {
      case 'applied':
        this.verifications++
        // Only what the owner signed counts: otherwise anybody could use up the ration of another node's log.
        log.countChange(changeShare(delta.state.size), state.now)
        log.from = from.id
        log.mismatched = undefined
        from.isLiar = false
        from.emptyAnswers = 0
        onChanged({ log, before, changes: result.changes, from })
        return undefined
      case 'staged':
        from.progressAt = state.now
        onStaged(log)
        return undefined
      case 'stale':
      case 'duplicate':
        if (log.version !== undefined) this.#known(from, delta, log, log.version)
        return undefined
      case 'gap':
        onStaged(log)
        if (result.isMismatch && !result.isSuspect) (log.mismatched ??= new Set()).add(from.id)
        if (from.isUp) awaited.gap(from, delta, delta.state, result.isMismatch)
        return result.isSuspect ? this.#suspect(from, delta) : undefined
      case 'forged':
        this.verifications++
        onStaged(log)
        this.#report('forged', from, delta, result.error.message)
        return result.error
      case 'tooLarge':
        onStaged(log)
        return this.#tooLarge(from, delta, log, result.error)
    }
  }

  /** A log changes more often than is accepted: the newest state is asked for when it may come. */
  #drop(from: Neighbour, delta: Delta, log: HeldLog): AstraError | undefined {
    const { state, awaited } = this.#parts
    const { owner, kind } = delta
    const version = plainVersion(delta.state)
    this.#report('flood', from, delta, `node ${formatNodeId(owner)} changes more often than is accepted`)
    state.agenda.add(log.accepted.roomAt(state.now), () => {
      if (from.isUp && isNewer(version, log.version)) awaited.offered(from, { owner, kind }, version, 'pull')
    })
    awaited.refused(log.key)
    log.replica.dropStaged(from.id)
    this.#parts.onStaged(log)
    if (from.dropped.tryUse(1 / MAX_DROPPED_DELTAS, state.now)) return undefined
    const message = `node ${formatNodeId(from.id)} sends far more changes than are accepted`
    return new AstraError('ASTRA_ERR_REGISTRY_ABUSE', message)
  }

  #suspect(from: Neighbour, delta: Delta): AstraError | undefined {
    const { now } = this.#parts.state
    const text = `node ${formatNodeId(from.id)} sent changes of node ${formatNodeId(delta.owner)} that do not make its state`
    this.#report('suspect', from, delta, text)
    if (from.suspects.tryUse(1 / (MAX_SUSPECTS - 1.5), now)) return undefined
    return new AstraError('ASTRA_ERR_REGISTRY_FORGED', `${text}, again and again`)
  }

  #forged(from: Neighbour, delta: Delta, outcome: Outcome): Outcome {
    return after(outcome, (error) => {
      if (error !== undefined) this.#report('forged', from, delta, error.message)
      return error
    })
  }

  /** The owner signed more than is held of anybody. Only the owner itself is to blame. */
  #tooLarge(from: Neighbour, delta: Delta, log: HeldLog, error: AstraError): AstraError | undefined {
    const { refused, awaited } = this.#parts
    refused.add(log.key, delta.state, delta.state.size)
    awaited.refused(log.key)
    this.#report('refused', from, delta, error.message)
    return delta.owner === from.id ? error : undefined
  }

  #report(
    kind: 'forged' | 'suspect' | 'refused' | 'flood',
    from: Neighbour,
    { owner }: Delta,
    text: string,
  ): void {
    this.#parts.state.reports.add({ kind, owner, speaker: from.id, text })
  }
}

/** Whether changes that a neighbour sends of a log are not worth reading: the last ones were to another history. */
function isUseless({ mismatched, replica }: HeldLog, from: Neighbour): boolean {
  if (mismatched === undefined || replica.isStaging(from.id)) return false
  return mismatched.has(from.id) || mismatched.size >= MAX_MISMATCHED
}

/** From which state on each one followed from the one before by changes. */
function noteContinuity(log: HeldLog, before: Version | undefined, isReplaced: boolean): void {
  const { version } = log
  if (version === undefined) return
  if (before?.incarnation !== version.incarnation) {
    // There may have been another life between the two, whose states are no base for changes of this one.
    log.continuousFrom = version.incarnation
    log.replacedBy = undefined
  } else if (isReplaced) log.replacedBy = version
}

/** Nodes that pass nothing on may show that an owner had a later life than the one that is held. */
function isLaterLife(log: HeldLog | undefined, { incarnation }: Version): boolean {
  return log?.version !== undefined && incarnation > log.version.incarnation
}

function notItsOwn(from: Neighbour, { owner }: Delta): AstraError {
  const message = `node ${formatNodeId(from.id)} passes on what node ${formatNodeId(owner)} publishes, and is no router`
  return new AstraError('ASTRA_ERR_REGISTRY_OWNER', message)
}
