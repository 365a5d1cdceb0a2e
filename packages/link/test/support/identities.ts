import type { NodeId } from '@astranet/interface'
import { generateIdentity, type Identity } from '@astranet/secure'

const COUNT = 12

const generated = await Promise.all(Array.from({ length: COUNT }, () => generateIdentity()))

/** In the order of their node ids, so that the number of a test's node says which id is lower. */
const identities = generated.sort((left, right) => (left.nodeId < right.nodeId ? -1 : 1))

/** The identity of node 0, 1, ... */
export function identityOf(id: bigint): Identity {
  const identity = identities[Number(id)]
  if (identity === undefined) throw new RangeError(`there is no identity ${id}`)
  return identity
}

/** The number of the node with that id, as text. */
export function nameOf(nodeId: NodeId | undefined): string {
  return String(identities.findIndex((identity) => identity.nodeId === nodeId))
}
