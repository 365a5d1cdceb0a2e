import { describe, expect, it } from 'vitest'
import { nodeIdToBytes, toNodeId } from '@astranet/interface'
import { checkOf, statementOf } from '../src/proto/log/signed-state.js'
import { verifyState } from '../src/proto/log/verify-state.js'
import { checkLinkRecord, checkNodeRecord } from '../src/proto/model/check-record.js'
import { MIN_TOMBSTONES } from '../src/proto/model/limits.js'
import { identity, nodeCrypto, promisedCrypto } from './support/identity.js'
import { ownLog, sealed, service } from './support/logs.js'

const owner = identity(1)
const echo = service(owner.nodeId, 'echo', 7)
const key = { kind: 'service', environment: '', name: 'echo', port: 7 } as const

describe('an own log', () => {
  it('is dirty until it is sealed, and after each change', () => {
    const log = ownLog()
    expect(log.isDirty).toBe(true)
    expect(log.state).toBeUndefined()
    const empty = sealed(log, owner)
    expect(empty).toMatchObject({ incarnation: 1, sequence: 0, watermark: 0, count: 0, size: 0 })
    expect(log.isDirty).toBe(false)
    expect(log.put(echo)).toBe(true)
    expect(log.isDirty).toBe(true)
    expect(log.state).toBe(empty)
    expect(sealed(log, owner)).toMatchObject({ sequence: 1, count: 1 })
    expect(log.put(service(owner.nodeId, 'echo', 7))).toBe(false)
    expect(log.isDirty).toBe(false)
    expect(sealed(log, owner)).toBe(log.state)
  })

  it('is signed by its owner', () => {
    const log = ownLog()
    log.put(echo)
    const state = sealed(log, owner)
    expect(state.root).toEqual(nodeCrypto.hash(log.partAfter(0, 65_000).entries))
    expect(state.check).toBe(checkOf(state.root))
    expect(verifyState('services', state, owner.publicKey, nodeCrypto)).toBe(true)
    expect(verifyState('links', state, owner.publicKey, nodeCrypto)).toBe(false)
    expect(verifyState('services', state, identity(2).publicKey, nodeCrypto)).toBe(false)
    expect(statementOf('services', state)).toHaveLength(25 + 33 + 32)
  })

  it('keeps one entry for each key, and a tombstone for each that was withdrawn', () => {
    const log = ownLog()
    log.put(echo)
    log.put(service(owner.nodeId, 'echo', 7, { weight: 5 }))
    log.put(service(owner.nodeId, 'echo', 8))
    expect(log.withdraw(key)).toBe(true)
    expect(log.withdraw(key)).toBe(false)
    expect(log.record(key)).toBeUndefined()
    expect(log.records()).toMatchObject([{ port: 8 }])
    expect(sealed(log, owner)).toMatchObject({ sequence: 4, count: 2, watermark: 0 })
    log.put(echo)
    expect(sealed(log, owner)).toMatchObject({ sequence: 5, count: 2 })
  })

  it('keeps at most 64 tombstones and half as many as it has live entries, and never loses a live entry', () => {
    const log = ownLog()
    for (let port = 1; port <= 20; port++) log.put(service(owner.nodeId, 'live', port))
    for (let port = 1; port <= 1_000; port++) {
      log.put(service(owner.nodeId, 'echo', port))
      log.withdraw({ ...key, port })
      const { count, watermark, sequence } = sealed(log, owner)
      expect(count).toBeLessThanOrEqual(20 + MIN_TOMBSTONES + 10)
      expect(count).toBeGreaterThan(20)
      expect(watermark).toBeLessThan(sequence)
    }
    expect(log.records()).toHaveLength(20)
    expect(log.watermark).toBeGreaterThan(1_000)
  })

  it('refuses what is above its limits, and drops tombstones where it is full', () => {
    const log = ownLog(1, { maxEntriesPerOwner: 3 })
    for (const port of [1, 2, 3]) log.put(service(owner.nodeId, 'echo', port))
    expect(log.refusal(service(owner.nodeId, 'echo', 4))).toMatch(/maxEntriesPerOwner/)
    expect(() => log.put(service(owner.nodeId, 'echo', 4))).toThrow(RangeError)
    expect(log.put(service(owner.nodeId, 'echo', 3, { weight: 9 }))).toBe(true)
    log.withdraw({ ...key, port: 1 })
    expect(sealed(log, owner)).toMatchObject({ count: 3 })
    expect(log.put(service(owner.nodeId, 'echo', 4))).toBe(true)
    expect(sealed(log, owner)).toMatchObject({ count: 3, watermark: 5, sequence: 6 })
    const small = ownLog(1, { maxBytesPerOwner: 65_536 })
    const large = (port: number) =>
      service(owner.nodeId, 'echo', port, { tags: [1, 2, 3].map((n) => `${n}`.repeat(255)) })
    let port = 0
    while (small.refusal(large(port)) === undefined) small.put(large(port++))
    expect(() => small.put(large(port))).toThrow(/65536 bytes of entries \(maxBytesPerOwner\)/)
    expect(sealed(small, owner).size).toBeLessThanOrEqual(65_536)
    for (let gone = 0; gone < port; gone++) small.withdraw({ ...key, port: gone })
    expect(sealed(small, owner).size).toBeLessThanOrEqual(65_536)
  })

  it('continues its sequences in a later incarnation', () => {
    const log = ownLog(5)
    log.put(echo)
    sealed(log, owner)
    log.adoptIncarnation(9)
    expect(log.isDirty).toBe(true)
    expect(sealed(log, owner)).toMatchObject({ incarnation: 9, sequence: 1, count: 1 })
  })

  it('gives what came after a sequence, in parts of at most so many bytes or one entry', () => {
    const log = ownLog()
    for (const port of [1, 2, 3]) log.put(service(owner.nodeId, 'echo', port))
    expect(log.partAfter(0, 100)).toMatchObject({ until: 0, hasMore: false })
    sealed(log, owner)
    const { entries } = log.partAfter(0, 65_000)
    const size = entries.length / 3
    expect(log.partAfter(0, 2 * size)).toEqual({
      ...log.partAfter(0, 2 * size),
      entries: entries.subarray(0, 2 * size),
      until: 2,
      hasMore: true,
    })
    expect(log.partAfter(2, 2 * size)).toMatchObject({ until: 3, hasMore: false })
    expect(log.partAfter(1, 1)).toMatchObject({ until: 2, hasMore: true })
    expect(log.partAfter(3, 1)).toMatchObject({ entries: new Uint8Array(0), until: 3, hasMore: false })
    expect(log.partAfter(99, 1)).toMatchObject({ entries: new Uint8Array(0), hasMore: false })
  })

  it('changed while it is being signed is dirty, and what was signed is consistent', async () => {
    const log = ownLog()
    log.put(echo)
    const first = log.seal(owner, promisedCrypto)
    log.put(service(owner.nodeId, 'echo', 8))
    const second = log.seal(owner, promisedCrypto)
    expect(log.state).toBeUndefined()
    expect(await first).toMatchObject({ sequence: 1, count: 1 })
    expect(await second).toMatchObject({ sequence: 2, count: 2 })
    expect(log.isDirty).toBe(false)
  })

  it('that cannot be signed stays as it was', async () => {
    const log = ownLog()
    const broken = { ...owner, sign: () => Promise.reject(new Error('no key')) }
    await expect(log.seal(broken, nodeCrypto)).rejects.toThrow('no key')
    expect(log.isDirty).toBe(true)
    expect(sealed(log, owner).sequence).toBe(0)
  })

  it('of links has an entry for each neighbour', () => {
    const log = ownLog(1, {}, 'links')
    log.put(checkLinkRecord(toNodeId(5n), 2 ** 40, 1.5))
    log.put(checkLinkRecord(toNodeId(6n), 1, undefined))
    log.put(checkLinkRecord(toNodeId(5n), 2 ** 40, 2.5))
    expect(log.record({ kind: 'link', neighbour: toNodeId(5n) })).toMatchObject({
      incarnation: 2 ** 40,
      cost: 2.5,
    })
    expect(log.records().map((each) => (each.kind === 'link' ? each.neighbour : 0n))).toEqual([6n, 5n])
    expect(nodeIdToBytes(toNodeId(5n))).toHaveLength(8)
  })

  it('has one record of its node', () => {
    const log = ownLog()
    const fields = { roles: ['router'], addresses: ['tcp://a:1'], routers: [toNodeId(1n)] }
    expect(log.put(checkNodeRecord(fields))).toBe(true)
    expect(log.put(checkNodeRecord(fields))).toBe(false)
    expect(log.put(checkNodeRecord({ ...fields, routers: [] }))).toBe(true)
    expect(log.record({ kind: 'node' })).toMatchObject({ roles: ['router'], routers: [] })
  })
})
