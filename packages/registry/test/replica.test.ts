import { describe, expect, it } from 'vitest'
import type { Delta } from '../src/proto/log/delta.js'
import type { Replica } from '../src/proto/log/replica.js'
import { identity } from './support/identity.js'
import { deltaOf, now, ownLog, partsOf, replica, sealed, service } from './support/logs.js'

const owner = identity(1)
const speaker = identity(2).nodeId

function held(of: Replica): string[] {
  return [...of.records()].map((each) =>
    each.kind === 'service' ? `${each.port}*${each.weight}` : each.kind,
  )
}

function apply(of: Replica, delta: Delta) {
  return now(of.apply(delta, speaker))
}

describe('a replica', () => {
  it('holds what its owner signed, byte by byte', () => {
    const log = ownLog()
    log.put(service(owner.nodeId, 'echo', 7))
    log.put(service(owner.nodeId, 'echo', 8))
    sealed(log, owner)
    const of = replica(owner.nodeId)
    expect(apply(of, deltaOf(log, owner))).toMatchObject({ kind: 'applied', changes: [{}, {}] })
    expect(held(of)).toEqual(['7*1', '8*1'])
    expect(of.state).toEqual(log.state)
    expect(of.publicKey).toEqual(owner.publicKey)
    expect(of.partAfter(0, 65_000)).toEqual(log.partAfter(0, 65_000))
  })
})
