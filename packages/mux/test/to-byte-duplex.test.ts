import { PassThrough } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'
import { systemClock, type PipeSecurity } from '@astranet/interface'
import { simLink } from '@astranet/testkit/sim'
import { toByteDuplex, type Pipe } from '@astranet/mux'
import { expect, test } from 'vitest'

function webPair(): Pipe {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  return { readable, writable }
}

test.each<[string, () => Pipe, PipeSecurity | undefined]>([
  ['a Node Duplex', () => new PassThrough(), undefined],
  ['a pair of Web Streams', webPair, undefined],
  ['a MessagePort', () => new MessageChannel().port1, { isPrivate: true }],
])('%s has the security that the caller states', (_, make, byDefault) => {
  expect(toByteDuplex(make()).security).toEqual(byDefault)
  for (const isPrivate of [true, false]) {
    const security: PipeSecurity = { isPrivate, exportKeyingMaterial: (length) => new Uint8Array(length) }
    expect(toByteDuplex(make(), { security }).security).toBe(security)
  }
})

test.each<[string, unknown]>([
  ['null', null],
  ['a boolean', true],
  ['an object without isPrivate', {}],
  ['an object whose isPrivate is text', { isPrivate: 'false' }],
  ['an exporter that is no function', { isPrivate: false, exportKeyingMaterial: new Uint8Array(32) }],
])('security that is %s is refused', (_, security) => {
  const options = { security: security as PipeSecurity }
  expect(() => toByteDuplex(new PassThrough(), options)).toThrow(
    /^The "options\.security" property must be an object with isPrivate, true or false, such as \{ isPrivate: true \}/,
  )
})

test('a ByteDuplex keeps its own security', () => {
  const { a } = simLink(systemClock)
  expect(toByteDuplex(a)).toBe(a)
  expect(() => toByteDuplex(a, { security: { isPrivate: true } })).toThrow(
    /^The property 'options\.security' must not be given for a ByteDuplex, which has its own/,
  )
})

test.each<[string, unknown]>([
  ['nothing', null],
  ['a string', 'pipe'],
  ['half a pair', { readable: new ReadableStream() }],
  ['something that only posts', { postMessage() {} }],
])('%s is no pipe', (_, value) => {
  expect(() => toByteDuplex(value as Pipe)).toThrow(
    /^The "pipe" argument must be a ByteDuplex, a Node Duplex, a pair \{ readable, writable \} of Web Streams, or a MessagePort/,
  )
})
