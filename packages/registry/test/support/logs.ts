import type { NodeId } from '@astranet/interface'
import type { MaybePromise, RegistrySigner } from '../../src/proto/crypto.js'
import type { Delta } from '../../src/proto/log/delta.js'
import type { LogKind } from '../../src/proto/log/log-id.js'
import { OwnLog } from '../../src/proto/log/own-log.js'
import { Replica, type ReplicaParts } from '../../src/proto/log/replica.js'
import type { SignedState } from '../../src/proto/log/signed-state.js'
import {
  checkServiceKey,
  checkServiceRecord,
  type ServiceFields,
} from '../../src/proto/model/check-record.js'
import { BoundedInterner } from '../../src/proto/model/interner.js'
import { resolveLimits, type CatalogueLimits } from '../../src/proto/model/limits.js'
import type { ServiceRecord } from '../../src/proto/model/record.js'
import type { Version } from '../../src/proto/model/version.js'
import { nodeCrypto } from './identity.js'

/** A service of a node, with default values for what is left out. */
export function service(
  nodeId: NodeId,
  name: string,
  port: number,
  fields: Partial<ServiceFields> = {},
): ServiceRecord {
  const all = { tags: [], weight: 1, zone: '', version: '', health: 'passing', ...fields }
  return checkServiceRecord(nodeId, checkServiceKey('', name, port), all)
}

/** A log of `signer`, empty and not sealed. */
export function ownLog(
  incarnation = 1,
  limits: Partial<CatalogueLimits> = {},
  kind: LogKind = 'services',
): OwnLog {
  return new OwnLog(kind, incarnation, resolveLimits(limits))
}

/** Seals with crypto that answers at once. */
export function sealed(log: OwnLog, signer: RegistrySigner): SignedState {
  return log.seal(signer, nodeCrypto) as SignedState
}

/** A replica of a log of `owner`. */
export function replica(
  owner: NodeId,
  options: Partial<Omit<ReplicaParts, 'limits'>> & { limits?: Partial<CatalogueLimits>; kind?: LogKind } = {},
): Replica {
  const { limits = {}, crypto = nodeCrypto, kind = 'services', interner = new BoundedInterner() } = options
  const parts = { limits: resolveLimits(limits), crypto, interner }
  return new Replica({ owner, kind }, parts)
}

/** What can be sent on: an own log or a replica. */
export type Source = Pick<OwnLog, 'kind' | 'state' | 'partAfter'>

/** The delta of what `log` has after `since`. */
export function deltaOf(
  log: Source,
  owner: { readonly nodeId: NodeId; readonly publicKey: Uint8Array },
  since?: Version,
  maxBytes = 65_000,
): Delta {
  const state = log.state
  if (state === undefined) throw new Error('the log is not sealed')
  const { entries, hasMore } = log.partAfter(since?.sequence ?? 0, maxBytes)
  const publicKey = since === undefined ? owner.publicKey : undefined
  return { owner: owner.nodeId, kind: log.kind, publicKey, state, since, hasMore, entries }
}

/** All parts that lead from `since` to what `log` has. */
export function partsOf(
  log: Source,
  owner: { readonly nodeId: NodeId; readonly publicKey: Uint8Array },
  since: Version | undefined,
  maxBytes: number,
): Delta[] {
  const parts: Delta[] = []
  let from = since
  do {
    const delta = deltaOf(log, owner, from, maxBytes)
    parts.push(delta)
    const { until } = log.partAfter(from?.sequence ?? 0, maxBytes)
    from = { incarnation: delta.state.incarnation, sequence: until, check: 0 }
  } while (parts.at(-1)?.hasMore === true)
  return parts
}

/** The answer of crypto that answers at once. */
export function now<T>(value: MaybePromise<T>): T {
  if (value instanceof Promise) throw new Error('there is no answer yet')
  return value
}
