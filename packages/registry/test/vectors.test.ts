import { readFileSync } from 'node:fs'
import { encodeMessage as encodeBytes, MessageDecoder } from '@astranet/frame/message'
import { nodeIdFromBytes, nodeIdToBytes } from '@astranet/interface'
import { describe, expect, it, test } from 'vitest'
import { OwnLog } from '../src/proto/log/own-log.js'
import { statementOf, type SignedState } from '../src/proto/log/signed-state.js'
import {
  checkLinkRecord,
  checkNodeRecord,
  checkServiceKey,
  checkServiceRecord,
} from '../src/proto/model/check-record.js'
import { resolveLimits } from '../src/proto/model/limits.js'
import { decodeMessage } from '../src/proto/wire/decode.js'
import { encodeMessage } from '../src/proto/wire/encode.js'
import type { DeltasMessage, Message } from '../src/proto/wire/message.js'
import { bucketOf, mix, xorMix } from '../src/proto/wire/mix.js'
import { identity, nodeCrypto } from './support/identity.js'
import { now, replica, sealed } from './support/logs.js'
import { vectorInput, vectors } from './support/reference.js'

const SPEC = readFileSync(new URL('../../../spec/registry.md', import.meta.url), 'utf8')

/** The lines `name = value` of the specification. */
const written = new Map(
  [...SPEC.matchAll(/^([A-Za-z][\w :]*?) = (\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
)

const owner = identity(0x80)
const { incarnation } = vectorInput

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(written.get(name) ?? '', 'hex'))
}

function messageOf(name: string): unknown {
  const decoder = new MessageDecoder({ maxBytes: 65_536 })
  decoder.push(bytesOf(name))
  const result = decoder.next()
  return result.kind === 'message' && decoder.bufferedBytes === 0 ? result.value : result
}

test('the values in the specification are those of a second implementation', () => {
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(vectors()))
})

describe('the package', () => {
  const service = (weight: number, health: string) =>
    checkServiceRecord(owner.nodeId, checkServiceKey('a/b', 'echo', 7), {
      tags: ['blue'],
      weight,
      zone: 'eu',
      version: '1.0',
      health,
    })
  const log = new OwnLog('services', incarnation, resolveLimits({}))
  log.put(checkNodeRecord({ roles: ['router'], addresses: ['tcp://192.0.2.1:4433'], routers: [] }))
  log.put(service(1, 'passing'))
  const states: [string, SignedState][] = [['A', sealed(log, owner)]]
  log.put(service(0, 'failing'))
  states.push(['B', sealed(log, owner)])
  log.withdraw(checkServiceKey('a/b', 'echo', 7))
  states.push(['C', sealed(log, owner)])
  const links = new OwnLog('links', incarnation, resolveLimits({}))
  links.put(checkLinkRecord(nodeIdFromBytes(vectorInput.neighbour), vectorInput.neighbourIncarnation, 1.5))
  states.push(['L', sealed(links, owner)])

  it('has the identity of the vectors', () => {
    expect(hex(owner.publicKey)).toBe(written.get('public key'))
    expect(hex(nodeIdToBytes(owner.nodeId))).toBe(written.get('node id'))
  })

  it('writes the entries', () => {
    expect(hex(log.partAfter(0, 1).entries)).toBe(written.get('entry 1'))
    expect(hex(log.partAfter(1, 1).entries)).toBe(written.get('entry 4'))
    expect(hex(links.partAfter(0, 1).entries)).toBe(written.get('link entry 1'))
  })

  it.each(states)('signs the state %s', (name, state) => {
    expect(hex(state.root)).toBe(written.get(`${name} root`))
    expect(hex(statementOf(name === 'L' ? 'links' : 'services', state))).toBe(
      written.get(`${name} statement`),
    )
    expect(hex(state.signature)).toBe(written.get(`${name} signature`))
    expect(`${state.check}`).toBe(written.get(`${name} check`))
  })

  it('mixes the versions', () => {
    const [, , , [, stateL]] = states as [never, never, never, [string, SignedState]]
    const [[, stateA]] = states as [[string, SignedState]]
    const mixA = mix({ owner: owner.nodeId, kind: 'services', version: stateA })
    const mixL = mix({ owner: owner.nodeId, kind: 'links', version: stateL })
    expect(mixA.toString(16).padStart(12, '0')).toBe(written.get('mix of A'))
    expect(mixL.toString(16).padStart(12, '0')).toBe(written.get('mix of L'))
    expect(xorMix(mixA, mixL).toString(16).padStart(12, '0')).toBe(written.get('root of A and L'))
    expect(`${bucketOf(owner.nodeId)}`).toBe(written.get('bucket'))
  })

  it.each([...written.keys()].slice([...written.keys()].indexOf('greeting')))(
    'reads and writes: %s',
    (name) => {
      const message = decodeMessage(messageOf(name)) as Message
      expect(message.type).toBe(name.split(/[: ]/)[0])
      expect(hex(encodeBytes(encodeMessage(message)))).toBe(written.get(name))
    },
  )

  it('applies the deltas', () => {
    const services = replica(owner.nodeId)
    const linkLog = replica(owner.nodeId, { kind: 'links' })
    const names = [...written.keys()].filter((name) => name.startsWith('deltas'))
    const kinds = names.flatMap((name) =>
      (decodeMessage(messageOf(name)) as DeltasMessage).deltas.map(
        (delta) => now((delta.kind === 'links' ? linkLog : services).apply(delta, owner.nodeId)).kind,
      ),
    )
    expect(kinds).toEqual(['applied', 'applied', 'applied', 'staged', 'applied'])
    expect([...services.records()]).toMatchObject([{ kind: 'node', roles: ['router'] }])
    expect([...linkLog.records()]).toMatchObject([{ kind: 'link', cost: 1.5 }])
    expect(services.state).toEqual(log.state)
    expect(nodeCrypto.hash(services.partAfter(0, 65_000).entries)).toEqual(log.state?.root)
  })
})
