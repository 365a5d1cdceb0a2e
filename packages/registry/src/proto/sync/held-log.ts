import type { NodeId } from '@astranet/interface'
import { logKey, type LogId, type LogKind } from '../log/log-id.js'
import type { LogPart } from '../log/log-part.js'
import { Replica, type ReplicaParts } from '../log/replica.js'
import type { SignedState } from '../log/signed-state.js'
import type { Version } from '../model/version.js'
import { Ration } from './ration.js'
import type { SharedLog } from './shared-log.js'
import { ACCEPTED_CHANGES, CHANGES_REFILL_MS } from './sync-limits.js'

/** A log of another node, with what its replication needs. */
export class HeldLog implements SharedLog {
  readonly owner: NodeId
  readonly kind: LogKind
  readonly key: string
  readonly replica: Replica
  readonly passedOn: Ration = new Ration(CHANGES_REFILL_MS)
  /** How often changes of it are accepted. Its uses are shares of what is passed on. */
  readonly accepted: Ration = new Ration(CHANGES_REFILL_MS)
  continuousFrom = 0
  replacedBy: Version | undefined = undefined
  offered: SharedLog['offered'] = undefined
  waitingBase: Version | undefined | null = null
  from: NodeId | undefined = undefined
  /**
   * Neighbours whose changes did not make their state since the log last changed: only a snapshot of them is read.
   * `undefined`: none. Few logs ever have one.
   */
  mismatched: Set<NodeId> | undefined = undefined
  /** Bytes of it that are in the sum of all. */
  countedBytes = 0

  constructor({ owner, kind }: LogId, parts: ReplicaParts) {
    this.owner = owner
    this.kind = kind
    this.key = logKey(owner, kind)
    this.replica = new Replica({ owner, kind }, parts)
  }

  get state(): SignedState | undefined {
    return this.replica.state
  }

  get version(): Version | undefined {
    return this.replica.version
  }

  get publicKey(): Uint8Array | undefined {
    return this.replica.publicKey
  }

  /** Counts a change that its owner signed: `share` of what is passed on. */
  countChange(share: number, now: number): void {
    this.accepted.use(share / ACCEPTED_CHANGES, now)
  }

  /** Nothing is held of it any more. What was due to neighbours is not due then, because there is no state. */
  drop(): void {
    this.replica.drop()
  }

  partAfter(since: number, maxBytes: number): LogPart {
    return this.replica.partAfter(since, maxBytes)
  }
}
