import { toNodeId } from '@astranet/interface'
import { describe, expect, it } from 'vitest'
import {
  checkLinkRecord,
  checkNodeRecord,
  checkServiceKey,
  checkServiceRecord,
} from '../src/proto/model/check-record.js'
import { BoundedInterner } from '../src/proto/model/interner.js'
import { isSameRecord, keyText } from '../src/proto/model/record.js'
import { service } from './support/logs.js'

const self = toNodeId(1n)
const fields = { tags: [], weight: 1, zone: '', version: '', health: 'passing' }

describe('a service', () => {
  it.each([
    [{ tags: 'a' }, TypeError, /"tags" argument must be an instance of Array/],
    [
      { tags: Array.from({ length: 33 }, () => 'a') },
      RangeError,
      /"tags" is out of range. It must be at most 32/,
    ],
    [{ tags: [''] }, TypeError, /'tags' must not be empty/],
    [{ tags: ['x'.repeat(256)] }, RangeError, /"tags" is out of range. It must be at most 255 bytes/],
    [{ tags: ['a\u0000b'] }, TypeError, /'tags' must be well-formed/],
    [{ weight: -1 }, RangeError, /"weight" is out of range/],
    [{ weight: 65_536 }, RangeError, /"weight" is out of range/],
    [{ weight: 1.5 }, RangeError, /"weight" is out of range/],
    [{ zone: 'x'.repeat(256) }, RangeError, /"zone" is out of range. It must be at most 255 bytes/],
    [{ zone: 1 }, TypeError, /"zone" argument must be of type string/],
    [{ version: 'a\nb' }, TypeError, /'version' must be well-formed/],
    [{ health: 'ill' }, TypeError, /'health' must be one of: 'passing', 'failing'/],
  ])('with %j is refused by an error that names the field', (wrong, type, message) => {
    const check = () => checkServiceRecord(self, checkServiceKey('', 'echo', 7), { ...fields, ...wrong })
    expect(check).toThrow(type)
    expect(check).toThrow(message)
  })

  it('has an environment, a name and a port', () => {
    expect(() => checkServiceKey('a//b', 'echo', 7)).toThrow(/'environment' must not be empty/)
    expect(() => checkServiceKey('', '', 7)).toThrow(/'name' must not be empty/)
    expect(() => checkServiceKey('', 'echo', 2 ** 32)).toThrow(/^port should be >= 0 and < 4294967296/)
    expect(() => checkServiceKey('', 'echo', undefined)).toThrow(/^port should be .* Received undefined/)
  })

  it('is frozen, with its tags, and the same only when everything is', () => {
    const one = service(self, 'echo', 7, { tags: ['a'], zone: 'z' })
    expect(Object.isFrozen(one) && Object.isFrozen(one.tags)).toBe(true)
    expect(isSameRecord(one, service(self, 'echo', 7, { tags: ['a'], zone: 'z' }))).toBe(true)
    for (const other of [
      { tags: ['b'] },
      { zone: 'y' },
      { version: '2' },
      { weight: 2 },
      { health: 'failing' },
    ]) {
      expect(isSameRecord(one, service(self, 'echo', 7, { tags: ['a'], zone: 'z', ...other }))).toBe(false)
    }
    expect(isSameRecord(one, service(toNodeId(2n), 'echo', 7, { tags: ['a'], zone: 'z' }))).toBe(false)
    expect(keyText(one)).not.toBe(keyText(service(self, 'echo', 70)))
  })
})

describe('a node', () => {
  const node = { roles: ['router'], addresses: ['tcp://a:1'], routers: [self] }

  it.each([
    [/"roles" is out of range. It must be at most 8/, { roles: Array.from({ length: 9 }, () => 'a') }],
    [/'roles' must have strings of 1 to 32 characters/, { roles: ['a b'] }],
    [/'addresses' must have strings/, { addresses: ['ä'] }],
    [
      /"addresses" is out of range. It must be at most 16/,
      { addresses: Array.from({ length: 17 }, () => 'a') },
    ],
    [/"routers" is out of range. It must be at most 64/, { routers: Array.from({ length: 65 }, () => self) }],
    [/"nodeId" argument must be of type bigint/, { routers: [1] }],
  ])('is refused by an error that names the field: %s', (message, wrong) => {
    expect(() => checkNodeRecord({ ...node, ...wrong } as never)).toThrow(message)
  })

  it('does not follow what the caller does to its lists', () => {
    const roles = ['router']
    const record = checkNodeRecord({ ...node, roles })
    roles.push('other')
    expect(record.roles).toEqual(['router'])
    expect(isSameRecord(record, checkNodeRecord(node))).toBe(true)
    expect(isSameRecord(record, checkNodeRecord({ ...node, routers: [] }))).toBe(false)
  })
})

describe('a link', () => {
  it('has the incarnation of its neighbour, and perhaps a cost', () => {
    expect(checkLinkRecord(self, 5, 1.5)).toMatchObject({ neighbour: self, incarnation: 5, cost: 1.5 })
    expect(checkLinkRecord(self, 5, undefined).cost).toBeUndefined()
    expect(() => checkLinkRecord(self, -1, 1)).toThrow(/"incarnation" is out of range/)
    expect(() => checkLinkRecord(self, 1, -1)).toThrow(/"cost" is out of range/)
    expect(() => checkLinkRecord(self, 1, NaN)).toThrow(/"cost" is out of range/)
    expect(() => checkLinkRecord(5 as never, 1, 1)).toThrow(/"nodeId" argument must be of type bigint/)
  })
})

describe('a bounded interner', () => {
  it('makes one list of equal ones, and forgets what was not used for long', () => {
    const interner = new BoundedInterner()
    const list = interner.list(['a', 'b'])
    expect(Object.isFrozen(list)).toBe(true)
    expect(interner.list(['a', 'b'])).toBe(list)
    for (let n = 0; n < 4_000; n++) interner.list([`${n}`])
    expect(interner.list(['a', 'b'])).toBe(list)
    for (let n = 0; n < 9_000; n++) interner.list([`${n}`])
    expect(interner.list(['a', 'b'])).not.toBe(list)
    const long = ['x'.repeat(65)]
    expect(interner.list(long)).not.toBe(interner.list(long))
    expect(interner.list([])).toBe(interner.list([]))
    expect(interner.knownList([])).toBe(interner.list([]))
    expect(interner.text('')).toBe('')
  })

  it('knows only what it remembers, and nothing that looks like it', () => {
    const interner = new BoundedInterner()
    const list = interner.list(['a', 'b'])
    interner.list(['c'])
    expect(interner.knownList(['a', 'b'])).toBe(list)
    for (const other of [['b', 'a'], ['a'], ['a', ['b']], ['a\0b'], 'ab', undefined, ['a', 1]])
      expect(interner.knownList(other)).toBeUndefined()
    expect(interner.knownText('a')).toBe('a')
    expect(interner.knownText('d')).toBeUndefined()
    expect(interner.knownText(['a'])).toBeUndefined()
    const check = (tags: unknown) =>
      checkServiceRecord(self, checkServiceKey('', 'e', 1), { ...fields, tags }, interner)
    expect(check(['a', 'b']).tags).toBe(list)
    expect(() => check(['a', ['b']])).toThrow(TypeError)
  })
})
