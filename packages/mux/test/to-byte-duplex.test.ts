import { PassThrough } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'
import { systemClock, type ByteDuplex } from '@astranet/interface'
import { simLink } from '@astranet/testkit/sim'
import { toByteDuplex, type Pipe } from '@astranet/mux'
import { expect, test } from 'vitest'

function webPair(): Pipe {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  return { readable, writable }
}

test.each<[string, () => Pipe, boolean]>([
  ['a Node Duplex', () => new PassThrough(), false],
  ['a pair of Web Streams', webPair, false],
  ['a MessagePort', () => new MessageChannel().port1, true],
])('%s is as confidential as it is said to be', (_, make, byDefault) => {
  const told = (pipe: ByteDuplex): unknown => pipe.capabilities.confidential
  expect(told(toByteDuplex(make()))).toBe(byDefault)
  expect(told(toByteDuplex(make(), { confidential: true }))).toBe(true)
  expect(told(toByteDuplex(make(), { confidential: false }))).toBe(false)
})

test('a ByteDuplex stays what it is, and is called nothing else', () => {
  const { a } = simLink(systemClock)
  expect(toByteDuplex(a)).toBe(a)
  expect(toByteDuplex(a, { confidential: false })).toBe(a)
  expect(() => toByteDuplex(a, { confidential: true })).toThrow(
    /^confidential is true, and the ByteDuplex says false/,
  )
})

test.each<[string, unknown]>([
  ['nothing', null],
  ['a string', 'pipe'],
  ['half a pair', { readable: new ReadableStream() }],
  ['something that only posts', { postMessage() {} }],
])('%s is no pipe', (_, value) => {
  expect(() => toByteDuplex(value as Pipe)).toThrow(/^pipe must be .*MessagePort$/)
})
