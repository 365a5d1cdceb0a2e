import type { NodeId } from '@astranet/interface'
import { logKey, type LogKind } from '../log/log-id.js'
import type { LogPart } from '../log/log-part.js'
import type { OwnLog } from '../log/own-log.js'
import type { SignedState } from '../log/signed-state.js'
import type { Version } from '../model/version.js'
import { Ration } from './ration.js'
import type { SharedLog } from './shared-log.js'
import { CHANGES_REFILL_MS } from './sync-limits.js'

/** A log of this node. */
export class OwnSharedLog implements SharedLog {
  readonly owner: NodeId
  readonly kind: LogKind
  readonly key: string
  readonly publicKey: Uint8Array
  readonly log: OwnLog
  readonly passedOn: Ration = new Ration(CHANGES_REFILL_MS)
  readonly replacedBy: undefined = undefined
  offered: SharedLog['offered'] = undefined
  waitingBase: Version | undefined | null = null
  from: NodeId | undefined = undefined
  isSealing = false
  /** Whether sealing waits for the ration, or until it is tried again. */
  isWaiting = false
  /** Whether the platform failed to sign it the last time. */
  hasFailed = false

  constructor(owner: NodeId, publicKey: Uint8Array, log: OwnLog) {
    this.owner = owner
    this.kind = log.kind
    this.key = logKey(owner, log.kind)
    this.publicKey = publicKey
    this.log = log
  }

  /** An incarnation is adopted because another life had a later one, and states of that life are no base for changes. */
  get continuousFrom(): number {
    return this.log.incarnation
  }

  get state(): SignedState | undefined {
    return this.log.state
  }

  get version(): Version | undefined {
    return this.log.state
  }

  partAfter(since: number, maxBytes: number): LogPart {
    return this.log.partAfter(since, maxBytes)
  }
}
