import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { toNodeId, type NodeId } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import type { RegistryCrypto, RegistrySigner } from '../src/proto/crypto.js'
import type { LogKind } from '../src/proto/log/log-id.js'
import type { Replica } from '../src/proto/log/replica.js'
import { checkLinkRecord, checkNodeRecord } from '../src/proto/model/check-record.js'
import { BoundedInterner } from '../src/proto/model/interner.js'
import type { CatalogueRecord } from '../src/proto/model/record.js'
import { nodeCrypto } from './support/identity.js'
import { now, ownLog, partsOf, replica, sealed, service } from './support/logs.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The least part of what is counted that is held. V8 of Node 26 needs less for a record than those before. */
const MIN_SHARE = Number.parseInt(process.versions.node) < 26 ? 0.6 : 0.4

/**
 * The memory that is used once everything unreachable is gone: of the heap, and of byte arrays outside it. The least of
 * several looks, because what the compiler works on in another thread is kept alive until a later turn.
 */
async function usedBytes(): Promise<number> {
  let least = Infinity
  for (let look = 0; look < 8; look++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    least = Math.min(least, heapUsed + arrayBuffers)
  }
  return least
}

/** Everybody's signature is right: only the memory matters here. */
const crypto: RegistryCrypto = {
  hash: nodeCrypto.hash,
  verify: () => true,
  nodeIdOf: (key) => toNodeId(new DataView(key.buffer).getBigUint64(0)),
}

function signer(number: number): RegistrySigner {
  const publicKey = new Uint8Array(32)
  new DataView(publicKey.buffer).setBigUint64(0, BigInt(number))
  return { nodeId: toNodeId(BigInt(number)), publicKey, sign: () => new Uint8Array(64) }
}

type MakeRecord = (nodeId: NodeId, n: number) => CatalogueRecord

interface Filling {
  readonly owners: number
  readonly each: number
  readonly record: MakeRecord
  readonly kind?: LogKind
  /** Whether the last part does not arrive. */
  readonly isIncomplete?: boolean
}

/** Replicas as they come over the wire: no text shares its memory with another but by the interner. */
function fill({ owners, each, record, kind = 'services', isIncomplete = false }: Filling): Replica[] {
  const interner = new BoundedInterner()
  return Array.from({ length: owners }, (_, number) => {
    const owner = signer(1_000 + number)
    const log = ownLog(Date.UTC(2030, 0) * 1024, { maxBytesPerOwner: 2 ** 30 }, kind)
    for (let n = 0; n < each; n++) log.put(record(owner.nodeId, n))
    sealed(log, owner)
    const of = replica(owner.nodeId, { crypto, kind, interner, limits: { maxBytesPerOwner: 2 ** 30 } })
    const parts = partsOf(log, owner, undefined, 10_000)
    for (const part of isIncomplete ? parts.slice(0, -1) : parts) now(of.apply(part, owner.nodeId))
    return of
  })
}

async function measure(filling: Filling): Promise<{ readonly held: number; readonly counted: number }> {
  fill(filling)
  const before = await usedBytes()
  const replicas = fill(filling)
  const held = (await usedBytes()) - before
  const counted = replicas.reduce((sum, each) => sum + each.heldBytes + each.stagedBytes, 0)
  return { held, counted }
}

const tags = (length: number) => (_: NodeId, n: number) =>
  Array.from({ length: 32 }, (__, index) => `${index}t${n}`.padEnd(length, 'y'))

const kinds: [string, Filling][] = [
  ['nodes of ten services', { owners: 2_000, each: 10, record: (id, n) => service(id, `e${n}`, n) }],
  ['small services', { owners: 4, each: 4_000, record: (id, n) => service(id, `e${n}`, n) }],
  [
    'services of long names',
    { owners: 4, each: 2_000, record: (id, n) => service(id, `e${n}`.padEnd(255, 'x'), n) },
  ],
  [
    'names outside Latin-1',
    { owners: 4, each: 2_000, record: (id, n) => service(id, `e${n}`.padEnd(127, 'ж'), n) },
  ],
  [
    'a name with one letter outside Latin-1',
    { owners: 4, each: 2_000, record: (id, n) => service(id, `ж${n}`.padEnd(250, 'x'), n) },
  ],
  [
    'services with short tags',
    { owners: 4, each: 500, record: (id, n) => service(id, `e${n}`, n, { tags: tags(10)(id, n) }) },
  ],
  [
    'services with long tags',
    { owners: 4, each: 200, record: (id, n) => service(id, `e${n}`, n, { tags: tags(255)(id, n) }) },
  ],
  [
    'services with zones and versions',
    {
      owners: 4,
      each: 2_000,
      record: (id, n) => service(id, `e${n}`, n, { zone: `zone-${n}-${id}`, version: `1.0.${n}-${id}` }),
    },
  ],
  [
    'links',
    {
      owners: 4,
      each: 4_000,
      kind: 'links',
      record: (id, n) =>
        checkLinkRecord(toNodeId((id << 32n) + BigInt(n)), Date.UTC(2030, 0) * 1024 + n, n / 7),
    },
  ],
  [
    'parts of logs that are not complete',
    { owners: 4, each: 4_000, isIncomplete: true, record: (id, n) => service(id, `e${n}`, n) },
  ],
  [
    'nodes of nothing but themselves',
    {
      owners: 2_000,
      each: 1,
      record: (id) => checkNodeRecord({ roles: [], addresses: [`tcp://10.0.0.1:${id}`], routers: [id, id] }),
    },
  ],
  ['nodes of nothing', { owners: 2_000, each: 0, record: (id) => service(id, 'none', 1) }],
]

describe('what is held of others', () => {
  it.each(kinds)('takes no more memory than is counted, and not much less: %s', async (_, filling) => {
    const { held, counted } = await measure(filling)
    expect(held / counted).toBeLessThan(1)
    expect(held / counted).toBeGreaterThan(MIN_SHARE)
  })
})
