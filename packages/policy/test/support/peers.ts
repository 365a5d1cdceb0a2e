import { toNodeId } from '@astranet/interface'
import type { PolicyPeer, PolicyService } from '../../src/index.js'

/** A peer whose node id is `id` and whose key is 32 times `key`. */
export function peer(id: bigint, { key = 0, roles = [] as readonly string[] } = {}): PolicyPeer {
  return {
    nodeId: toNodeId(id),
    publicKey: new Uint8Array(32).fill(key),
    roles,
    security: 'encrypted',
    remoteAddress: '192.0.2.1:4000',
  }
}

export function service(name: string, environment = ''): PolicyService {
  return { name, environment, port: 7 }
}

export function keyText(publicKey: Uint8Array): string {
  return Buffer.from(publicKey).toString('base64url')
}

/** A signal that never aborts. */
export function noDeadline(): AbortSignal {
  return new AbortController().signal
}
