import { generateIdentity, type Identity } from '../src/index.js'

/** Two identities: the node id of `lower` is the lower one. */
export async function orderedIdentities(): Promise<{ lower: Identity; higher: Identity }> {
  const [one, other] = await Promise.all([generateIdentity(), generateIdentity()])
  return one.nodeId < other.nodeId ? { lower: one, higher: other } : { lower: other, higher: one }
}
