import { toNodeId, type NodeId } from '@astranet/interface'
import { copyBytes, equalBytes } from '@astranet/interface/bytes'
import { KEY_BYTES, nodeIdOfKey, type Crypto } from '@astranet/secure/proto'
import { bytesOf, throwFault } from '../fault.js'

/** A node whose grants are believed: its Ed25519 public key, 32 bytes, or its node id. */
export type Granter = Uint8Array | NodeId

/** Whether grants of the node with this public key are believed. */
export type IssuerCheck = (publicKey: Uint8Array) => boolean | Promise<boolean>

const keyRule = bytesOf(KEY_BYTES)

/** `issuerCheck`, with the hash of a platform. */
export function issuerCheckBy(crypto: Crypto, granters: readonly Granter[]): IssuerCheck {
  const keys: Uint8Array[] = []
  const nodeIds = new Set<NodeId>()
  for (const [index, granter] of granters.entries()) {
    if (typeof granter === 'bigint') {
      nodeIds.add(toNodeId(granter))
    } else {
      throwFault(keyRule(`granters[${index}]`, granter))
      keys.push(copyBytes(granter))
    }
  }
  return async (publicKey) => {
    if (keys.some((key) => equalBytes(key, publicKey))) return true
    return nodeIds.size > 0 && nodeIds.has(await nodeIdOfKey(publicKey, (bytes) => crypto.hash(bytes)))
  }
}
