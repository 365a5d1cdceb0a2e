import { describe, expect, it } from 'vitest'
import type { Delta } from '../src/proto/log/delta.js'
import type { DeltaResult } from '../src/proto/log/delta-result.js'
import type { OwnLog } from '../src/proto/log/own-log.js'
import type { Replica } from '../src/proto/log/replica.js'
import { MIN_TOMBSTONES } from '../src/proto/model/limits.js'
import { identity, promisedCrypto } from './support/identity.js'
import { deltaOf, now, ownLog, partsOf, replica, sealed, service } from './support/logs.js'

const owner = identity(1)
const speaker = identity(2).nodeId
const other = identity(3).nodeId

function held(of: Replica): string[] {
  return [...of.records()].map((each) =>
    each.kind === 'service' ? `${each.port}*${each.weight}` : each.kind,
  )
}

function apply(of: Replica, delta: Delta, by = speaker): DeltaResult {
  return now(of.apply(delta, by))
}

/** A sealed log with services at these ports. */
function logOf(ports: readonly number[], incarnation = 1): OwnLog {
  const log = ownLog(incarnation)
  for (const port of ports) log.put(service(owner.nodeId, 'echo', port))
  sealed(log, owner)
  return log
}

/** A replica of all that `log` has. */
function copyOf(log: OwnLog): Replica {
  const of = replica(owner.nodeId)
  expect(apply(of, deltaOf(log, owner)).kind).toBe('applied')
  return of
}

describe('a snapshot', () => {
  it('is held byte by byte as its owner signed it, and can be passed on', () => {
    const log = logOf([7, 8])
    const of = replica(owner.nodeId)
    expect(apply(of, deltaOf(log, owner))).toMatchObject({
      kind: 'applied',
      changes: [{ before: undefined, now: { port: 7 } }, { now: { port: 8 } }],
    })
    expect(of.state).toEqual(log.state)
    expect(of.publicKey).toEqual(owner.publicKey)
    const next = replica(owner.nodeId)
    expect(apply(next, deltaOf(of, owner)).kind).toBe('applied')
    expect(held(next)).toEqual(['7*1', '8*1'])
  })

  it('of an empty log shows that its owner has nothing', () => {
    const of = copyOf(logOf([]))
    expect(of.version).toMatchObject({ incarnation: 1, sequence: 0 })
    expect(held(of)).toEqual([])
  })

  it('of a later life replaces everything, and what is the same stays the same object', () => {
    const of = copyOf(logOf([7, 8]))
    const before = of.record({ kind: 'service', environment: '', name: 'echo', port: 8 })
    const result = apply(of, deltaOf(logOf([8, 9], 2), owner))
    expect(result).toMatchObject({ changes: [{ before: { port: 7 } }, { now: { port: 9 } }] })
    expect(held(of)).toEqual(['8*1', '9*1'])
    expect(of.record({ kind: 'service', environment: '', name: 'echo', port: 8 })).toBe(before)
  })

  it('in parts changes nothing before the last one', () => {
    const of = copyOf(logOf([1]))
    const parts = partsOf(logOf([2, 3, 4], 2), owner, undefined, 1)
    expect(parts).toHaveLength(3)
    expect(parts.slice(0, 2).map((part) => apply(of, part).kind)).toEqual(['staged', 'staged'])
    expect(held(of)).toEqual(['1*1'])
    expect(of.stagedBytes).toBeGreaterThan(0)
    expect(apply(of, parts[2] as Delta).kind).toBe('applied')
    expect(held(of)).toEqual(['2*1', '3*1', '4*1'])
    expect(of.stagedBytes).toBe(0)
  })

  it('in parts is not disturbed by what another neighbour sends', () => {
    const of = replica(owner.nodeId)
    const log = logOf([2, 3, 4])
    const parts = partsOf(log, owner, undefined, 1)
    apply(of, parts[0] as Delta)
    expect(apply(of, parts[0] as Delta, other).kind).toBe('staged')
    expect(apply(of, { ...(parts[0] as Delta), entries: new Uint8Array(1) }, other).kind).toBe('forged')
    expect(parts.slice(1).map((part) => apply(of, part).kind)).toEqual(['staged', 'applied'])
  })

  it('in parts follows a log that changes meanwhile', () => {
    const of = replica(owner.nodeId)
    const log = logOf([2, 3, 4])
    const [first] = partsOf(log, owner, undefined, 1)
    apply(of, first as Delta)
    log.put(service(owner.nodeId, 'echo', 2, { weight: 5 }))
    log.withdraw({ kind: 'service', environment: '', name: 'echo', port: 3 })
    sealed(log, owner)
    const rest = deltaOf(log, owner, { incarnation: 1, sequence: 1, check: 0 })
    expect(apply(of, rest).kind).toBe('applied')
    expect(held(of)).toEqual(['4*1', '2*5'])
  })

  it('in parts begins anew when tombstones were dropped that it has not reached', () => {
    const of = replica(owner.nodeId)
    const log = logOf([2, 3, 4])
    apply(of, partsOf(log, owner, undefined, 1)[0] as Delta)
    for (let port = 100; port < 100 + 2 * MIN_TOMBSTONES; port++) {
      log.put(service(owner.nodeId, 'echo', port))
      log.withdraw({ kind: 'service', environment: '', name: 'echo', port })
    }
    sealed(log, owner)
    expect(apply(of, deltaOf(log, owner, { incarnation: 1, sequence: 1, check: 0 })).kind).toBe('gap')
    expect(apply(of, deltaOf(log, owner)).kind).toBe('applied')
    expect(held(of)).toEqual(['2*1', '3*1', '4*1'])
  })

  it('in parts is dropped with what carried it', () => {
    const of = replica(owner.nodeId)
    const parts = partsOf(logOf([2, 3]), owner, undefined, 1)
    apply(of, parts[0] as Delta)
    of.dropStaged(speaker)
    expect(of.isStaging(speaker)).toBe(false)
    expect(apply(of, parts[1] as Delta)).toEqual({ kind: 'gap', isMismatch: false, isSuspect: false })
  })
})

describe('a delta', () => {
  it('adds what came after what is held', () => {
    const log = logOf([7, 8])
    const of = copyOf(log)
    const base = of.version
    log.put(service(owner.nodeId, 'echo', 7, { weight: 5 }))
    log.withdraw({ kind: 'service', environment: '', name: 'echo', port: 8 })
    sealed(log, owner)
    expect(apply(of, deltaOf(log, owner, base))).toMatchObject({
      kind: 'applied',
      changes: [
        { before: { port: 7, weight: 1 }, now: { port: 7, weight: 5 } },
        { before: { port: 8 }, now: undefined },
      ],
    })
    expect(of.state).toEqual(log.state)
    expect(of.partAfter(0, 65_000)).toEqual(log.partAfter(0, 65_000))
  })

  it('passes over entries that are held already', () => {
    const log = logOf([7])
    const of = copyOf(log)
    const base = { ...log.version } as typeof log.version
    log.put(service(owner.nodeId, 'echo', 8))
    sealed(log, owner)
    expect(apply(of, deltaOf(log, owner, base)).kind).toBe('applied')
    log.put(service(owner.nodeId, 'echo', 9))
    sealed(log, owner)
    expect(apply(of, deltaOf(log, owner, base))).toMatchObject({ changes: [{ now: { port: 9 } }] })
    expect(held(of)).toEqual(['7*1', '8*1', '9*1'])
  })

  it('leads over to a later incarnation of the same log', () => {
    const log = logOf([7])
    const of = copyOf(log)
    const base = of.version
    log.adoptIncarnation(9)
    log.put(service(owner.nodeId, 'echo', 8))
    sealed(log, owner)
    expect(apply(of, deltaOf(log, owner, base)).kind).toBe('applied')
    expect(of.version).toMatchObject({ incarnation: 9, sequence: 2 })
  })

  it('that is older or the same is ignored without a look at it', () => {
    const log = logOf([7])
    const old = deltaOf(log, owner)
    const of = copyOf(log)
    expect(apply(of, { ...old, entries: new Uint8Array(5) })).toEqual({ kind: 'duplicate' })
    apply(of, deltaOf(logOf([8], 2), owner))
    expect(apply(of, old)).toEqual({ kind: 'stale' })
    expect(held(of)).toEqual(['8*1'])
  })

  it('that leaves something out is a gap', () => {
    const log = logOf([7])
    const of = copyOf(log)
    log.put(service(owner.nodeId, 'echo', 8))
    const base = sealed(log, owner)
    log.put(service(owner.nodeId, 'echo', 9))
    sealed(log, owner)
    const result = { kind: 'gap', isMismatch: false, isSuspect: false }
    expect(apply(of, deltaOf(log, owner, base))).toEqual(result)
    expect(apply(replica(owner.nodeId), deltaOf(log, owner, base))).toEqual(result)
    expect(apply(copyOf(logOf([7], 2)), deltaOf(logOf([1, 2], 3), owner, base))).toEqual(result)
    expect(held(of)).toEqual(['7*1'])
  })

  it('of another life with the same incarnation is a gap, and the newer life wins', () => {
    const log = logOf([7])
    const twin = logOf([8])
    const of = copyOf(log)
    const base = twin.version
    twin.put(service(owner.nodeId, 'echo', 9))
    sealed(twin, owner)
    expect(apply(of, deltaOf(twin, owner, base))).toEqual({
      kind: 'gap',
      isMismatch: false,
      isSuspect: false,
    })
    expect(apply(of, deltaOf(twin, owner)).kind).toBe('applied')
    expect(apply(copyOf(twin), deltaOf(log, owner))).toEqual({ kind: 'stale' })
  })

  it('whose entries do not make its state is a suspect gap', () => {
    const log = logOf([7])
    const of = copyOf(log)
    const base = of.version
    log.put(service(owner.nodeId, 'echo', 8))
    sealed(log, owner)
    const empty = { ...deltaOf(log, owner, base), entries: new Uint8Array(0) }
    expect(apply(of, empty)).toEqual({ kind: 'gap', isMismatch: true, isSuspect: true })
    const hidden = logOf([7])
    hidden.put(service(owner.nodeId, 'echo', 9))
    sealed(hidden, owner)
    const swapped = { ...deltaOf(log, owner, base), entries: hidden.partAfter(1, 65_000).entries }
    expect(apply(of, swapped)).toEqual({ kind: 'gap', isMismatch: true, isSuspect: true })
    expect(held(of)).toEqual(['7*1'])
  })

  it('drops tombstones that the owner has dropped', () => {
    const log = logOf([1])
    const of = copyOf(log)
    for (let port = 2; port < 2 + 2 * MIN_TOMBSTONES; port++) {
      const base = of.version
      log.put(service(owner.nodeId, 'echo', port))
      log.withdraw({ kind: 'service', environment: '', name: 'echo', port })
      sealed(log, owner)
      expect(apply(of, deltaOf(log, owner, base)).kind).toBe('applied')
      expect(of.state).toEqual(log.state)
    }
    expect(log.watermark).toBeGreaterThan(0)
    expect(log.state?.count).toBeLessThan(3 + MIN_TOMBSTONES)
  })

  it('of a log that is large enough to have a map finds records by their keys', () => {
    const log = logOf(Array.from({ length: 100 }, (_, port) => port))
    const of = copyOf(log)
    const key = { kind: 'service', environment: '', name: 'echo', port: 50 } as const
    const base = of.version
    expect(of.record(key)).toMatchObject({ port: 50, weight: 1 })
    log.put(service(owner.nodeId, 'echo', 50, { weight: 5 }))
    log.withdraw({ ...key, port: 51 })
    sealed(log, owner)
    apply(of, deltaOf(log, owner, base))
    expect(of.record(key)).toMatchObject({ port: 50, weight: 5 })
    expect(of.record({ ...key, port: 51 })).toBeUndefined()
    const next = of.version
    for (let port = 10; port < 70; port++) log.withdraw({ ...key, port })
    sealed(log, owner)
    expect(apply(of, deltaOf(log, owner, next)).kind).toBe('applied')
    expect(held(of)).toHaveLength(40)
    expect(of.record(key)).toBeUndefined()
  })
})

describe('with crypto that answers by promises', () => {
  it('what is held stays as it was until the answer, and deltas are handled in order', async () => {
    const log = logOf([7])
    const of = replica(owner.nodeId, { crypto: promisedCrypto })
    const snapshot = deltaOf(log, owner)
    const base = log.version
    log.put(service(owner.nodeId, 'echo', 8))
    sealed(log, owner)
    const first = of.apply(snapshot, speaker)
    const second = of.apply(deltaOf(log, owner, base), other)
    const third = of.apply(deltaOf(log, owner), speaker)
    expect(held(of)).toEqual([])
    expect(await first).toMatchObject({ kind: 'applied' })
    expect(held(of)).toEqual(['7*1'])
    expect(await second).toMatchObject({ kind: 'applied', changes: [{ now: { port: 8 } }] })
    expect(await third).toEqual({ kind: 'duplicate' })
    expect(held(of)).toEqual(['7*1', '8*1'])
  })

  it('parts that are dropped while they are checked are not kept', async () => {
    const of = replica(owner.nodeId, { crypto: promisedCrypto })
    const [first] = partsOf(logOf([2, 3]), owner, undefined, 1)
    const answer = of.apply(first as Delta, speaker)
    of.dropStaged()
    expect(await answer).toEqual({ kind: 'gap', isMismatch: false, isSuspect: false })
    expect(of.stagedBytes).toBe(0)
  })

  it('a failure of the platform changes nothing, and the next delta is handled', async () => {
    let isBroken = true
    const crypto = {
      ...promisedCrypto,
      hash: async (bytes: Uint8Array) => {
        if (isBroken) throw new Error('no entropy left')
        return promisedCrypto.hash(bytes)
      },
    }
    const of = replica(owner.nodeId, { crypto })
    const delta = deltaOf(logOf([7]), owner)
    const broken = of.apply(delta, speaker)
    await expect(broken).rejects.toThrow('no entropy left')
    isBroken = false
    expect(await of.apply(delta, speaker)).toMatchObject({ kind: 'applied' })
  })
})
