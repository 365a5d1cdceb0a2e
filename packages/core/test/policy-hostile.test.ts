import { afterEach, beforeEach, expect, test } from 'vitest'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { AstraNet, formatNodeId, generateIdentity, type Policy, type PolicyFunctions } from '../src/index.js'
import { Member } from './member.js'
import { boundTo, failure, twoNodes, until } from './support.js'

const SECRET = 'a secret of the network'

let warnings: Error[] = []
const note = (warning: Error): unknown => warnings.push(warning)
beforeEach(() => {
  warnings = []
  process.on('warning', note)
})
afterEach(() => {
  process.off('warning', note)
})

function policyWarnings(): string[] {
  return warnings.flatMap((each) =>
    (each as { code?: string }).code === 'ASTRA_WARN_POLICY' ? each.message : [],
  )
}

/** Functions of a policy that do not decide. */
const broken: [string, (...args: unknown[]) => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('the policy is broken')
    },
  ],
  [
    'throws what is no error',
    () => {
      throw 'no error' as unknown as Error
    },
  ],
  ['answers with nothing', () => undefined],
  ['answers with a text', () => 'yes'],
  ['answers with an object that is no decision', () => ({ allowed: 'yes' })],
  [
    'answers with an object that throws',
    () => ({
      get allowed() {
        throw new Error('no')
      },
    }),
  ],
  ['rejects', () => Promise.reject(new Error('late'))],
]

test.each(broken)('a mayDial that %s allows nothing, and the node goes on', async (_, mayDial) => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'service')
  await server.setPolicy({ mayDial, default: 'allow' } as Policy)
  for (const dialer of [client, server]) {
    expect(await failure(dialer.dial('', 'service'))).toMatchObject({ code: 'EACCES' })
  }
  expect(listener.waiting).toBe(0)
  await server.setPolicy(undefined)
  const socket = await client.dial('', 'service')
  socket.destroy()
})

test.each(broken)('a mayOffer that %s allows nothing, and the node goes on', async (_, mayOffer) => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', 'service')
  await until(() => client.services().length === 1)
  await client.setPolicy({ mayOffer, default: 'allow' } as Policy)
  expect(client.services()).toEqual([])
  expect(await failure(client.dial('', 'service', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  expect(await failure(client.bind('', 'own'))).toMatchObject({ code: 'EACCES' })
  await client.setPolicy(undefined)
  const socket = await client.dial('', 'service')
  socket.destroy()
})

test.each([...broken, ['never answers', () => new Promise(() => {})] as (typeof broken)[number]])(
  'a mayLink that %s refuses the link within the time for it',
  async (_, mayLink) => {
    const policy = { mayLink, default: 'allow' } as Policy
    await using server = new AstraNet({ policy, helloTimeoutMs: 300 })
    await using client = new AstraNet()
    const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0', { onError: () => {} })
    expect(await failure(client.join('tcp4', address))).toMatchObject({ code: 'ASTRA_ERR_LINK_REFUSED' })
    expect([server.routes(), client.routes()]).toEqual([[], []])
  },
)

test('a warning of what the policy threw is safe to print, and not long', async () => {
  const mayOffer = (): boolean => {
    throw new Error(`no such user: \u001b[2J\n${'a'.repeat(1_000)}`)
  }
  await using node = new AstraNet({ policy: { mayOffer } })
  await failure(node.bind('', 'service'))
  await until(() => policyWarnings().length === 1)
  expect(policyWarnings()[0]).toMatch(/mayOffer threw an error: no such user: \?\[2J\?a{180}…$/)
})

test('what the policy threw is no error, or cannot be read, and is warned of', async () => {
  const error = Object.defineProperty(new Error('hidden'), 'message', {
    get: () => {
      throw new Error('not readable')
    },
  })
  for (const thrown of [error, 'no error']) {
    const mayOffer = (): boolean => {
      throw thrown as Error
    }
    await using node = new AstraNet({ policy: { mayOffer } })
    expect(await failure(node.bind('', 'service'))).toMatchObject({ code: 'EACCES' })
  }
  await until(() => policyWarnings().length === 2)
  expect(policyWarnings()[0]).toMatch(/mayOffer threw an error: a value that has no text$/)
  expect(policyWarnings()[1]).toMatch(/mayOffer threw an error: no error$/)
})

test('a setPolicy with endForbidden ends although mayLink never answers', async () => {
  await using nodes = await twoNodes({ helloTimeoutMs: 300 })
  const { server } = nodes
  await server.setPolicy({ mayLink: () => new Promise(() => {}), default: 'allow' }, { endForbidden: true })
  await until(() => server.routes().length === 0)
})

test('a member that dials what it may not, 10,000 times, costs its dials and no more', async () => {
  const policy: Policy = {
    rules: [{ name: 'no', action: 'dial', services: ['admin'], effect: 'deny' }],
    default: 'allow',
  }
  await using server = new AstraNet({ secret: SECRET, policy, maxPendingStreams: 10 })
  await using client = new AstraNet({ secret: SECRET })
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  const listener = await server.bind('', 'admin', { allow: () => expect.unreachable() })
  const open = await server.bind('', 'open')
  await client.join('tcp4', address)
  const { node, port } = boundTo(listener)
  const target = `${formatNodeId(node)}:${port}`
  for (let round = 0; round < 20; round++) {
    const dials = Array.from({ length: 500 }, () => failure(client.dial('', target)))
    for (const error of await Promise.all(dials)) expect(error.code).toBe('EACCES')
  }
  expect(listener.waiting).toBe(0)
  expect(warnings).toEqual([])
  // The link stands, and every place in the node's quota is free.
  const sockets = await Promise.all(Array.from({ length: 5 }, () => client.dial('', 'open')))
  expect(open.waiting).toBe(5)
  for (const socket of sockets) socket.destroy()
}, 30_000)

test('a policy that throws for each of 1,000 dials is one warning, and one for the next policy', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const failed: unknown[] = []
  const onFailed = (message: unknown): unknown => failed.push(message)
  subscribe('astranet:policy:failed', onFailed)
  const policy: PolicyFunctions = {
    mayDial: ({ nodeId }) => {
      throw new Error(`broken for ${formatNodeId(nodeId)}`)
    },
    default: 'allow',
  }
  await server.bind('', 'service')
  for (const expected of [1, 2]) {
    await server.setPolicy(policy)
    const dials = Array.from({ length: 500 }, () => failure(client.dial('', 'service')))
    for (const error of await Promise.all(dials)) expect(error.code).toBe('EACCES')
    await until(() => policyWarnings().length === expected)
    expect(failed.length).toBe(500 * expected)
  }
  unsubscribe('astranet:policy:failed', onFailed)
  expect(policyWarnings()[0]).toBe(
    'the policy failed, and what it fails for is not allowed: mayDial threw an error: ' +
      `broken for ${formatNodeId(client.nodeId)}`,
  )
  // What was thrown is for the operator, not for the peer.
  expect((await failure(client.dial('', 'service'))).message).not.toContain('broken for')
})

const names = [
  '"quoted"',
  'ж𐍈é',
  '\u202eabc',
  'a|b&c',
  '%00',
  '__proto__',
  'constructor',
  'x'.repeat(255),
  '…'.repeat(85),
]
test.each(names)('a service named %j is refused by name and can be allowed by name', async (name) => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', name)
  const seen: unknown[] = []
  const policy = (allowed: boolean): PolicyFunctions => ({
    mayDial: (_, service) => {
      seen.push(service)
      return allowed
    },
    default: 'allow',
  })
  await server.setPolicy(policy(false))
  const error = await failure(client.dial('', name))
  expect(error).toMatchObject({ code: 'EACCES', message: expect.stringContaining(name.slice(0, 20)) })
  // A link cuts the text of a refusal at 200 UTF-16 units; the address is the caller's own.
  expect(error.message.length).toBeLessThan(200 + 150 + name.length)
  expect(seen).toEqual([{ name, environment: '', port: expect.any(Number) }])
  await server.setPolicy(policy(true))
  const socket = await client.dial('', name)
  socket.destroy()
})

test('a rule with control characters and of any length is shown in one short line', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', 'service')
  await server.setPolicy({
    mayDial: () => ({ allowed: false, rule: `\u001b[2J\n\u0000${'long '.repeat(1_000)}` }),
    default: 'allow',
  })
  const { message } = await failure(client.dial('', 'service'))

  expect(message).not.toMatch(/[\u0000-\u001f\u007f]/)
  expect(message).toContain('the service "service"')
  expect(message.length).toBeLessThan(350)
})

test('a refusal that a hostile peer writes itself is cut and cleaned', async () => {
  await using server = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  const text = new TextEncoder().encode(`\u001b]0;owned\u0007${'x'.repeat(240)}`)
  const identity = await generateIdentity()
  await using _ = await Member.join(address, {
    identity,
    // A message: its length as a varint, and the array of a refusal, FORBIDDEN and the text.
    onStream: (stream) => {
      stream.write(Uint8Array.of(0x40, text.length + 4, 0x92, 5, 0xd9, text.length, ...text))
      stream.end()
    },
  })
  const error = await failure(server.dial('', `${formatNodeId(identity.nodeId)}:1`))
  expect(error).toMatchObject({ code: 'EACCES', syscall: 'dial' })

  expect(error.message).not.toMatch(/[\u0000-\u001f\u007f]/)
  expect(error.message.length).toBeLessThan(400)
})

test('a list from JSON decides as the list does', async () => {
  const text = `{
    "roles": { "ops": [] },
    "rules": [
      { "name": "links", "action": ["link", "offer"], "effect": "allow" },
      { "name": "shop for all", "action": "dial", "services": ["shop"], "effect": "allow" }
    ]
  }`
  await using nodes = await twoNodes({ policy: JSON.parse(text) as Policy })
  const { server, client } = nodes
  await server.bind('', 'shop')
  await server.bind('', 'bank')
  const socket = await client.dial('', 'shop')
  expect(await failure(client.dial('', 'bank'))).toMatchObject({ code: 'EACCES' })
  socket.destroy()
})

test('what a program changes in its list afterwards has no effect', async () => {
  const rules = [{ name: 'no', action: 'dial' as const, effect: 'deny' as const }]
  await using node = new AstraNet({ policy: { rules, default: 'allow' } })
  rules.pop()
  await node.bind('', 'service')
  expect(await failure(node.dial('', 'service'))).toMatchObject({ code: 'EACCES' })
})

test('a policy that changes while dials are in flight decides each of them, one way or the other', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  const listener = await server.bind('', 'service')
  const deny: Policy = { rules: [{ name: 'no', action: 'dial', effect: 'deny' }], default: 'allow' }
  const results = new Map<string, number>()
  const dials: Promise<void>[] = []
  for (let round = 0; round < 40; round++) {
    for (let count = 0; count < 25; count++) {
      const dialing = client.dial('', 'service').then(
        (socket) => {
          socket.on('error', () => {})
          return 'accepted'
        },
        (error: { code: string }) => error.code,
      )
      dials.push(dialing.then((result) => void results.set(result, (results.get(result) ?? 0) + 1)))
    }
    await client.ping(server.nodeId)
    await server.setPolicy(round % 2 === 0 ? deny : undefined)
  }
  await Promise.all(dials)
  expect([...results.keys()].sort()).toEqual(['EACCES', 'accepted'])
  expect([...results.values()].reduce((sum, count) => sum + count)).toBe(1_000)
  expect(listener.waiting).toBe(results.get('accepted'))
})

test('a policy may change itself while it is asked', async () => {
  await using nodes = await twoNodes()
  const { server, client } = nodes
  await server.bind('', 'service')
  await server.setPolicy({
    mayDial: () => {
      void server.setPolicy(undefined)
      return false
    },
    default: 'allow',
  })
  expect(await failure(client.dial('', 'service'))).toMatchObject({ code: 'EACCES' })
  const socket = await client.dial('', 'service')
  socket.destroy()
})
