import type { NodeId } from '@astranet/interface'

/** Which of an owner's two logs: its node record and services, or (of a router) its links. */
export type LogKind = 'services' | 'links'

/** Names one log. */
export interface LogId {
  readonly owner: NodeId
  readonly kind: LogKind
}

/** The kinds in the order of their numbers on the wire. */
export const LOG_KINDS: readonly LogKind[] = ['services', 'links']

/** The number of a kind on the wire. */
export function logKindNumber(kind: LogKind): number {
  return kind === 'services' ? 0 : 1
}

/** A log id as text: equal for equal ids, different for different ids. */
export function logKey(owner: NodeId, kind: LogKind): string {
  return (kind === 'services' ? 's' : 'l') + owner.toString(16)
}
