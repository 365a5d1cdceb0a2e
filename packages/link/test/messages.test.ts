import { MAX_PORT, toNodeId } from '@astranet/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { controlFromWire, opaqueToWire } from '../src/proto/control-message.js'
import { goAwayToWire, GoAwayState } from '../src/proto/go-away.js'
import {
  acceptanceToWire,
  answerFromWire,
  ACCEPTED_WIRE,
  refusalError,
  RefusalReason,
  refusalToWire,
} from '../src/proto/stream-answer.js'
import { headerFromWire, headerToWire, type StreamHeader } from '../src/proto/stream-header.js'

const ports = fc.integer({ min: 0, max: MAX_PORT })
const nodeIds = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(toNodeId)

const environments = fc.option(fc.constantFrom('', 'a', 'a/b', 'é/\u{1f600}/c'), { nil: undefined })

describe('the header of a stream', () => {
  it('of a dial is read back as it was written', () => {
    const dials = fc.record({
      kind: fc.constant('dial' as const),
      port: ports,
      sourcePort: ports,
      sourceNode: fc.option(nodeIds, { nil: undefined }),
      name: fc.option(
        fc.record({ service: fc.stringMatching(/^[a-m.é-]{1,85}$/u), environment: environments }),
      ),
    })
    fc.assert(
      fc.property(dials, (header) => {
        const { name, ...rest } = header
        const dial = { ...rest, ...(name ?? { service: undefined, environment: undefined }) }
        expect(headerFromWire(headerToWire(dial))).toEqual(dial)
      }),
    )
  })

  it('of a dial leaves out what it does not say', () => {
    expect(headerToWire({ kind: 'dial', port: 80, sourcePort: 5 })).toEqual([1, 80, null, 5])
    const named: StreamHeader = { kind: 'dial', port: 80, sourcePort: 5, service: 'web', environment: 'prod' }
    expect(headerToWire(named)).toEqual([1, 80, null, 5, 'web', 'prod'])
    expect(headerFromWire(headerToWire(named))).toEqual({ ...named, sourceNode: undefined })
  })

  it('of a tunnel is read back as it was written', () => {
    const tunnels = fc
      .uniqueArray(nodeIds, { minLength: 2, maxLength: 18 })
      .chain((path) =>
        fc.record({ path: fc.constant(path), position: fc.integer({ min: 1, max: path.length - 1 }) }),
      )
      .map((fields) => ({ kind: 'tunnel' as const, ...fields }))
    fc.assert(
      fc.property(tunnels, (header) => {
        expect(headerFromWire(headerToWire(header))).toEqual(header)
      }),
    )
  })

  const a = new Uint8Array(8)
  const b = new Uint8Array(8).fill(1)
  it.each([
    ['no array', 'dial', 'not an array'],
    ['an empty array', [], 'kind'],
    ['a port too large', [1, MAX_PORT + 1, null, 0], 'ports'],
    ['no source port', [1, 80, null], 'ports'],
    ['a short source node', [1, 80, new Uint8Array(4), 0], 'source node'],
    ['no source node', [1, 80, undefined, 0], 'source node'],
    ['a service that is no text', [1, 80, null, 0, 5], 'service'],
    ['a service too long', [1, 80, null, 0, 'x'.repeat(256)], 'service'],
    ['a service with white space', [1, 80, null, 0, 'a b'], 'service'],
    ['an empty service', [1, 80, null, 0, ''], 'service'],
    ['a service of 256 bytes', [1, 80, null, 0, 'a'.repeat(256)], 'service'],
    ['a service with the shape of a node id', [1, 80, null, 0, 'naqtpmb3yyu4rm'], 'service'],
    ['a service that is no text', [1, 80, null, 0, 7], 'service'],
    ['an empty part of an environment', [1, 80, null, 0, 'web', 'a//b'], 'environment'],
    ['a control character in an environment', [1, 80, null, 0, 'web', 'a\n'], 'environment'],
    ['an environment without service', [1, 80, null, 0, null, 'prod'], 'environment'],
    ['a path of one', [2, 1, [a]], 'path'],
    ['a path of nineteen', [2, 1, Array.from({ length: 19 }, (_, i) => new Uint8Array(8).fill(i))], 'path'],
    ['a path that visits a node twice', [2, 1, [a, b, a]], 'twice'],
    ['a path with a text', [2, 1, [a, 'b']], 'node id'],
    ['position 0', [2, 0, [a, b]], 'position'],
    ['a key id of another length', [2, 1, [a, b], new Uint8Array(15)], 'key id'],
    ['a key id that is a text', [2, 1, [a, b], 'x'.repeat(16)], 'key id'],
    ['a secret of another length', [2, 1, [a, b], null, new Uint8Array(33)], 'secret'],
    ['a position behind the path', [2, 2, [a, b]], 'position'],
  ])('with %s is an error that says so', (_, value, words) => {
    const result = headerFromWire(value)
    expect(result).toBeInstanceOf(Error)
    expect((result as Error).message).toContain(words)
  })

  it('of an unknown kind is distinguished from a malformed one, and further elements are ignored', () => {
    expect(headerFromWire([77, 'x'])).toEqual({ kind: 'unknown', number: 77 })
    expect(headerFromWire([1, 80, null, 0, null, null, 'later'])).toMatchObject({ kind: 'dial', port: 80 })
  })
})

describe('the answer on a stream', () => {
  it('is read back as it was written', () => {
    expect(answerFromWire(ACCEPTED_WIRE)).toEqual({ kind: 'accepted' })
    const [keyId, psk] = [new Uint8Array(16).fill(1), new Uint8Array(32).fill(2)]
    for (const pair of [{ keyId }, { psk }, { keyId, psk }])
      expect(answerFromWire(acceptanceToWire(pair))).toEqual({ kind: 'accepted', pair })
    expect(acceptanceToWire(undefined)).toEqual(ACCEPTED_WIRE)
    expect(answerFromWire(refusalToWire(RefusalReason.BACKLOG_FULL, 'full'))).toEqual({
      kind: 'refused',
      reason: RefusalReason.BACKLOG_FULL,
      text: 'full',
    })
  })

  it('has its text cut and freed of control characters on both sides', () => {
    expect(refusalToWire(RefusalReason.FORBIDDEN, 'a\u001b[2J\nb'.padEnd(500, 'x'))[1]).toMatch(
      /^a\?\[2J\?bx{193}$/,
    )
    expect(answerFromWire([1, '\u202eevil\u0000'.padEnd(500, 'x')])).toMatchObject({
      text: expect.stringMatching(/^\?evil\?x{194}$/),
    })
  })

  it('accepts also with elements that are not known', () => {
    for (const more of [[1], ['x'], [new Uint8Array(4)], [null, null, 'later']])
      expect(answerFromWire([0, ...more])).toEqual({ kind: 'accepted' })
  })

  it('that is malformed is an error', () => {
    for (const value of [undefined, 0, [], ['no'], [-1], { 0: 0 }])
      expect(answerFromWire(value)).toBeInstanceOf(Error)
  })

  it.each([
    [RefusalReason.CONNECTION_REFUSED, 'ECONNREFUSED'],
    [RefusalReason.BACKLOG_FULL, 'ECONNREFUSED'],
    [RefusalReason.NO_SUCH_NODE, 'EHOSTUNREACH'],
    [RefusalReason.UNREACHABLE, 'EHOSTUNREACH'],
    [RefusalReason.FORBIDDEN, 'EACCES'],
    [RefusalReason.NOT_SUPPORTED, 'EOPNOTSUPP'],
    [RefusalReason.TIMED_OUT, 'ETIMEDOUT'],
    [4711, 'ECONNREFUSED'],
  ])('with reason %i becomes %s', (reason, code) => {
    expect(refusalError(reason, 'why')).toMatchObject({
      code,
      reason,
      message: 'the peer refused the stream: why',
    })
  })
})

describe('a control message', () => {
  it('of an opaque type keeps its body', () => {
    expect(controlFromWire(opaqueToWire(0x10, { a: 1 }))).toEqual({
      kind: 'opaque',
      type: 0x10,
      body: { a: 1 },
    })
  })

  it('of a type of the link that is to come is to be ignored', () => {
    expect(controlFromWire([0x0f, 1])).toEqual({ kind: 'unknown', type: 0x0f })
  })

  it('accepts also with elements that are not known', () => {
    for (const more of [[1], ['x'], [new Uint8Array(4)], [null, null, 'later']])
      expect(answerFromWire([0, ...more])).toEqual({ kind: 'accepted' })
  })

  it('that is malformed is an error', () => {
    for (const value of [null, {}, [], ['x'], [0x1_0000], [1], [1, -4]])
      expect(controlFromWire(value)).toBeInstanceOf(Error)
  })

  it('cannot be sent with a type that belongs to the link', () => {
    expect(() => opaqueToWire(0x0f, null)).toThrow(RangeError)
    expect(() => opaqueToWire(0x1_0000, null)).toThrow(RangeError)
  })
})

describe('go-away', () => {
  it('is read back as it was written', () => {
    expect(controlFromWire(goAwayToWire({ lastStreamId: 8 }))).toEqual({
      kind: 'goAway',
      goAway: { lastStreamId: 8 },
    })
  })

  it('may be repeated with a lower id and not with a higher one, nor for streams of the other side', () => {
    const state = new GoAwayState()
    expect(state.receive({ lastStreamId: 40 }, 0)).toBeUndefined()
    expect(state.receive({ lastStreamId: 40 }, 0)).toBeUndefined()
    expect(state.receive({ lastStreamId: 8 }, 0)).toBeUndefined()
    expect(state.receive({ lastStreamId: 12 }, 0)).toBeInstanceOf(Error)
    expect(state.receive({ lastStreamId: 1 }, 0)).toBeInstanceOf(Error)
    expect(state.lastStreamId).toBe(8)
  })
})
