import type { AstraError, NodeId } from '@astranet/interface'

/** A neighbour whose messages must not be taken any more: close all links to it. */
export interface Refused {
  readonly nodeId: NodeId
  readonly error: AstraError
}

/**
 * Something that an operator may want to know.
 * - `forged`: a neighbour sent a state that its owner did not sign, or announced one that does not exist;
 * - `suspect`: a neighbour sent changes that do not lead to the state that the owner signed;
 * - `refused`: an owner publishes too much, and is not held;
 * - `rival`: another node, or an earlier life of this one, signs with this node's key;
 * - `flood`: an owner changes more often than is passed on;
 * - `unsigned`: the platform fails to sign what this node publishes. It is tried again every second, and reported again
 *   only after it has succeeded.
 */
export interface Report {
  readonly kind: 'forged' | 'suspect' | 'refused' | 'rival' | 'flood' | 'unsigned'
  /** The node that it is about. */
  readonly owner: NodeId
  /** The neighbour that sent it; `undefined` when no message caused the report. */
  readonly speaker: NodeId | undefined
  /** One sentence for people. */
  readonly text: string
}
