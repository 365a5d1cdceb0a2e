import { expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { Net } from './discovery-support.js'
import { failure, until } from './support.js'

test('the parts of an environment are joined with a slash, and views see nothing of each other', async () => {
  await using net = new Net()
  const server = await net.node()
  const client = await net.node({}, server)
  expect(server.withEnv('a', 'b').environment).toBe('a/b')
  await server.withEnv('a', 'b').bind('', 'web:1')
  expect((await client.withEnv('a', 'b').waitFor('web'))[0]).toMatchObject({ environment: 'a/b', port: 1 })
  const socket = await client.withEnv('a', 'b').dial('', 'web')
  socket.destroy()
  for (const view of [client, client.withEnv('a'), client.withEnv('b'), client.withEnv('b', 'a')]) {
    expect([view.services(), [...view.serviceMap()], await view.resolve('web')]).toEqual([[], [], []])
    expect(await failure(view.dial('', 'web', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  }
})

// Pairs of which the second tries to pass for the first.
test.each([
  ['a dot for the slash', ['a', 'b'], ['a.b']],
  ['a dot inside', ['a.b'], ['a', 'b']],
  ['another order', ['a', 'b'], ['b', 'a']],
  ['one part less', ['a', 'b'], ['a']],
  ['one part more', ['a'], ['a', 'a']],
  ['a Cyrillic letter', ['prod'], ['рrod']],
  ['a full-width letter', ['prod'], ['ｐrod']],
  ['a combining accent', ['é'], ['e\u0301']],
  ['another case', ['prod'], ['Prod']],
  ['a zero-width joiner', ['prod'], ['pro\u200dd']],
  ['a division slash', ['a', 'b'], ['a\u2215b']],
  ['a fraction slash', ['a', 'b'], ['a\u2044b']],
  ['a full-width slash', ['a', 'b'], ['a\uff0fb']],
])('an environment is not found by %s', async (_, environment, fake) => {
  await using net = new Net()
  const server = await net.node()
  const client = await net.node({}, server)
  await server.withEnv(...environment).bind('', 'web:1')
  await server.withEnv(...fake).bind('', 'fake:2')
  await client.withEnv(...environment).waitFor('web')
  await client.withEnv(...fake).waitFor('fake')
  expect(client.withEnv(...fake).environment).not.toBe(client.withEnv(...environment).environment)
  expect(
    client
      .withEnv(...fake)
      .services()
      .map(({ name }) => name),
  ).toEqual(['fake'])
  expect(
    client
      .withEnv(...environment)
      .services()
      .map(({ name }) => name),
  ).toEqual(['web'])
  const error = await failure(client.withEnv(...fake).dial('', 'web', { timeoutMs: 0 }))
  expect(error).toMatchObject({ code: 'ENOTFOUND' })
})

test('a name is not another name that looks alike', async () => {
  await using net = new Net()
  const server = await net.node()
  const client = await net.node({}, server)
  await server.bind('', 'pay:1')
  await client.waitFor('pay')
  for (const name of ['рay', 'pay\u200b', 'Pay', 'p\u0430y', 'ｐay'])
    expect(await failure(client.dial('', name, { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
})

test('a port that another environment has taken since is not dialed by name', async () => {
  await using net = new Net()
  const server = await net.node()
  const client = await net.node({}, server)
  const listener = await server.withEnv('a').bind('', 'web:5')
  await client.withEnv('a').waitFor('web')
  // The client may still know the former service when it dials.
  const closed = client.withEnv('a').dial('', 'web', { timeoutMs: 0 })
  const failing = failure(closed)
  listener.close()
  await server.withEnv('b').bind('', 'web:5')
  expect((await failing).message).toMatch(/nobody listens|no node offers/)
  await until(() => client.withEnv('a').services().length === 0)
})

test.each([
  [[''], 'TypeError', /^The argument 'environment' must not be empty/],
  [['a', ''], 'TypeError', /^The argument 'environment' must not be empty/],
  [['a/b'], 'TypeError', /^The argument 'environment' must not contain "\/" in a part/],
  [['/'], 'TypeError', /^The argument 'environment' must not contain "\/" in a part/],
  [
    ['a b'],
    'TypeError',
    /^The argument 'environment' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  [
    ['a:b'],
    'TypeError',
    /^The argument 'environment' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  [
    ['a@b'],
    'TypeError',
    /^The argument 'environment' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  [
    ['a\u0000b'],
    'TypeError',
    /^The argument 'environment' must not contain control characters, white space, ":", "\/" or "@"/,
  ],
  [['\ud800'], 'TypeError', /^The argument 'environment' must be well-formed Unicode/],
  [
    ['x'.repeat(256)],
    'RangeError',
    /^The value of "environment" is out of range\. It must be at most 255 bytes of UTF-8/,
  ],
  [
    ['x'.repeat(200), 'y'.repeat(55)],
    'RangeError',
    /^The value of "environment" is out of range\. It must be at most 255 bytes of UTF-8/,
  ],
  [[5 as never], 'TypeError', /^The "environment" argument must be of type string/],
  [[null as never], 'TypeError', /^The "environment" argument must be of type string/],
])('withEnv(%j) throws a %s', (parts, name, message) => {
  const error = thrown(() => new AstraNet().withEnv(...parts))
  expect(error.name).toBe(name)
  expect(error.message).toMatch(message)
})

function thrown(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('it should have thrown')
}
