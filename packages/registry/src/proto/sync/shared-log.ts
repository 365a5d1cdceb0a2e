import type { NodeId } from '@astranet/interface'
import type { LogId, LogKind } from '../log/log-id.js'
import type { LogPart } from '../log/log-part.js'
import type { SignedState } from '../log/signed-state.js'
import { compareVersions, type Version } from '../model/version.js'
import { CHANGE_COST_BYTES, CHANGES_AT_ONCE } from './sync-limits.js'
import type { Ration } from './ration.js'

/** One log as it is sent to neighbours: an own one, or a replica. */
export interface SharedLog extends LogId {
  readonly key: string
  readonly kind: LogKind
  readonly publicKey: Uint8Array | undefined
  /** What its owner signed last; `undefined`: nothing yet, so there is nothing to send. */
  readonly state: SignedState | undefined
  /** The version of that state. */
  readonly version: Version | undefined
  /** The first incarnation since which each state followed from the one before by changes. */
  readonly continuousFrom: number
  /**
   * The state that a snapshot put in place of another one of that incarnation; `undefined`: none did. The owner may have
   * written two histories, so states before this one are no base for changes.
   */
  readonly replacedBy: Version | undefined
  /** How often its changes are passed on. */
  readonly passedOn: Ration
  /** What it counts in the tree of offered versions; `undefined`: it is not in it. */
  offered: { readonly mix: number; readonly size: number } | undefined
  /** The version that neighbours had before changes that wait for the ration; `null`: no change waits. */
  waitingBase: Version | undefined | null
  /** The neighbour that sent the present state; `undefined`: none did. */
  from: NodeId | undefined
  /** Entries after a sequence, see `Replica`. */
  partAfter(since: number, maxBytes: number): LogPart
}

/** Whether the entries after `base` lead to the present state. */
export function isContinued(log: SharedLog, base: Version): boolean {
  const { state, replacedBy } = log
  if (state === undefined || base.incarnation < log.continuousFrom) return false
  if (replacedBy !== undefined && compareVersions(base, replacedBy) < 0) return false
  if (base.sequence < state.watermark || base.sequence > state.sequence) return false
  return compareVersions(base, state) < 0
}

/** The share of its ration that a change to this state uses. */
export function changeShare(size: number): number {
  return (1 + size / CHANGE_COST_BYTES) / CHANGES_AT_ONCE
}
