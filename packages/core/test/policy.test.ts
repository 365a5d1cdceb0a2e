import { expect, test } from 'vitest'
import {
  AstraNet,
  formatNodeId,
  generateSecret,
  type AstraNetOptions,
  type Policy,
  type PolicyFunctions,
  type PolicyList,
  type SetPolicyOptions,
} from '../src/index.js'
import { activeMs, boundTo, failure, textOf, until } from './support.js'

/** Two nodes of which only the one that listens has a policy. `client` has joined `server`. */
async function nodesWith(policy: Policy | undefined, options: AstraNetOptions = {}) {
  const server = new AstraNet({ ...options, ...(policy === undefined ? {} : { policy }) })
  const client = new AstraNet(options)
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await client.join('tcp4', address)
  return {
    ...{ server, client, address },
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), server.close()])
    },
  }
}

const OPEN: PolicyList = { rules: [], default: 'allow' }

function denyDial(...services: string[]): PolicyList {
  return { rules: [{ name: 'not those', action: 'dial', services, effect: 'deny' }], default: 'allow' }
}

async function knows(node: AstraNet, name: string): Promise<void> {
  await until(() => node.services().some((each) => each.name === name))
}

test('a dial that the policy does not allow is EACCES, with the service and the rule, at once', async () => {
  await using nodes = await nodesWith(denyDial('secret'))
  const { server, client } = nodes
  const listener = await server.bind('', 'secret:5')
  await server.bind('', 'open')
  const error = await failure(client.dial('', 'secret'))
  expect(error).toMatchObject({
    name: 'NetError',
    code: 'EACCES',
    errno: -13,
    syscall: 'dial',
    address: 'secret',
    message: expect.stringContaining(
      'policy rule "not those" does not allow this node to dial the service "secret"',
    ),
  })
  expect(listener.waiting).toBe(0)
  const socket = await client.dial('', 'open')
  socket.destroy()
  const byPort = await failure(client.dial('', `${formatNodeId(server.nodeId)}:5`))
  expect(byPort).toMatchObject({ code: 'EACCES', message: expect.stringContaining('"secret"') })
})

test('a node is asked about its own dials', async () => {
  await using node = new AstraNet({ policy: denyDial('secret') })
  await node.bind('', 'secret')
  expect(await failure(node.dial('', 'secret'))).toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('policy rule "not those"'),
  })
})

test('the policy comes before allow, and allow before the backlog', async () => {
  await using nodes = await nodesWith({ mayDial: () => false, default: 'allow' })
  const { server, client } = nodes
  let asked = 0
  const allow = (): boolean => (asked += 1) < 0
  const listener = await server.bind('', 'full', { backlog: 1, allow })
  expect(await failure(client.dial('', 'full'))).toMatchObject({ code: 'EACCES' })
  expect(asked).toBe(0)
  await server.setPolicy(undefined)
  expect(await failure(client.dial('', 'full'))).toMatchObject({ code: 'EACCES' })
  expect(asked).toBe(1)
  expect(listener.waiting).toBe(0)
})

test('nobody is asked about a port at which nobody listens', async () => {
  let asked = 0
  await using nodes = await nodesWith({ mayDial: () => (asked += 1) > 0, default: 'allow' })
  const error = await failure(nodes.client.dial('', `${formatNodeId(nodes.server.nodeId)}:5`))
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  expect(asked).toBe(0)
})

test('other instances are dialed when one is forbidden, and without any the dial does not wait', async () => {
  await using nodes = await nodesWith({
    mayDial: (_, { port }) => ({ allowed: port === 2, rule: 'the second' }),
    default: 'allow',
  })
  const { server, client } = nodes
  await server.bind('', 'pair:1')
  const second = await server.bind('', 'pair:2')
  await until(() => client.services().length === 2)
  for (let count = 0; count < 3; count++) {
    const socket = await client.dial('', 'pair')
    expect(socket.remotePort).toBe(2)
    socket.destroy()
  }
  second.close()
  await until(() => client.services().length === 1)
  const dialing = failure(client.dial('', 'pair'))
  // The wait for a service that moves takes a second.
  expect(await activeMs(dialing)).toBeLessThan(900)
  expect(await dialing).toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('policy rule "the second"'),
  })
})

test('the roles that a list gives are those of the socket, and a new list takes them back', async () => {
  await using nodes = await nodesWith(OPEN)
  const { server, client } = nodes
  const id = formatNodeId(client.nodeId)
  const forOps: PolicyList = {
    roles: { ops: [id] },
    rules: [{ name: 'ops only', action: 'dial', peers: ['role:ops'], services: ['admin'], effect: 'allow' }],
  }
  const links: PolicyList['rules'] = [{ name: 'all', action: ['link', 'offer'], effect: 'allow' }]
  const listener = await server.bind('', 'admin')
  await knows(client, 'admin')
  await server.setPolicy({ ...forOps, rules: [...links, ...forOps.rules] })
  const near = await client.dial('', 'admin')
  const far = await listener.accept()
  expect(far.remoteIdentity.roles).toEqual(['ops'])
  await server.setPolicy({ rules: [...links, ...forOps.rules], roles: { ops: [] } })
  expect(await failure(client.dial('', 'admin'))).toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('policy rule "no rule matches, default deny"'),
  })
  expect(far.remoteIdentity.roles).toEqual(['ops'])
  await server.setPolicy(undefined)
  const [later, accepted] = await Promise.all([client.dial('', 'admin'), listener.accept()])
  expect(accepted.remoteIdentity.roles).toEqual([])
  near.destroy()
  later.destroy()
})

test('offers that the policy does not allow are not found, dialed or listed; nothing else changes', async () => {
  const policy: PolicyFunctions = { mayOffer: (_, { name }) => name !== 'bank', default: 'allow' }
  await using nodes = await nodesWith(undefined)
  const { server, client } = nodes
  const bank = await server.bind('', 'bank')
  await server.bind('', 'shop')
  await knows(client, 'bank')
  await client.setPolicy(policy)
  expect(client.services().map(({ name }) => name)).toEqual(['shop'])
  for (const dial of ['dial', 'httpDial'] as const) {
    expect(await failure(client[dial]('', 'bank', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  }
  // A name is offered; a port of a node is not.
  const byPort = await client.dial('', `${formatNodeId(server.nodeId)}:${boundTo(bank).port}`)
  byPort.destroy()
  await client.setPolicy(undefined)
  expect(client.services().length).toBe(2)
  const socket = await client.httpDial('', 'bank')
  socket.destroy()
})

test('a name that a URL writes otherwise is not found if it may not be offered', async () => {
  await using nodes = await nodesWith(undefined)
  const { server, client } = nodes
  await server.bind('', 'MyBank')
  await server.bind('', 'MYBANK')
  await until(() => client.services().length === 2)
  expect(await failure(client.httpDial('', 'mybank'))).toMatchObject({ code: 'ENOTFOUND' })
  await client.setPolicy({ mayOffer: (_, { name }) => name !== 'MyBank', default: 'allow' })
  const socket = await client.httpDial('', 'mybank')
  socket.destroy()
})

test('a service that this node may not offer cannot be bound, and one that is bound is hidden here', async () => {
  await using node = new AstraNet({
    policy: { mayOffer: (_, { name }) => name !== 'bank', default: 'allow' },
  })
  const error = await failure(node.bind('', 'bank'))
  expect(error).toMatchObject({
    code: 'EACCES',
    syscall: 'bind',
    address: 'bank',
    message: 'bind bank: policy rule "mayOffer" does not allow this node to offer the service "bank"',
  })
  expect(node.services()).toEqual([])
  const free = await node.bind('', ':3')
  expect(boundTo(free).port).toBe(3)
  await node.setPolicy(undefined)
  await node.bind('', 'bank:3333')
  await node.setPolicy({ mayOffer: () => false, default: 'allow' })
  expect(node.services()).toEqual([])
  expect(await failure(node.dial('', 'bank', { timeoutMs: 0 }))).toMatchObject({ code: 'ENOTFOUND' })
  const socket = await node.dial('', ':3333')
  socket.destroy()
})

test('a dial that waits for a service looks again when the policy allows it', async () => {
  await using nodes = await nodesWith(undefined)
  const { server, client } = nodes
  await server.bind('', 'later')
  await knows(client, 'later')
  await client.setPolicy({ mayOffer: () => false, default: 'allow' })
  // It would look again by itself when its time is up.
  const dialing = client.dial('', 'later', { timeoutMs: 3_600_000 })
  await client.setPolicy(undefined)
  const socket = await dialing
  socket.destroy()
})

test('a link that the policy does not allow is refused with the rule, on both sides', async () => {
  const server = new AstraNet({ policy: { rules: [{ name: 'closed', action: 'link', effect: 'deny' }] } })
  await using _ = server
  await using client = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0', { onError: () => {} })
  const error = await failure(client.join('tcp4', address))
  expect(error).toMatchObject({
    code: 'ASTRA_ERR_LINK_REFUSED',
    message: expect.stringContaining(
      `policy rule "closed" does not allow node ${formatNodeId(client.nodeId)} to link`,
    ),
  })
  expect(server.routes()).toEqual([])
})

test('a change while mayLink decides: the new policy is asked', async () => {
  let answer = (_: boolean): void => {}
  const asked = new Promise<boolean>((resolve) => (answer = resolve))
  let isAsked = (): void => {}
  const asking = new Promise<void>((resolve) => (isAsked = resolve))
  await using server = new AstraNet({
    policy: { mayLink: () => (isAsked(), asked), default: 'allow' },
  })
  await using client = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0', { onError: () => {} })
  const joining = failure(client.join('tcp4', address))
  await asking
  await server.setPolicy({ mayLink: () => ({ allowed: false, rule: 'not any more' }), default: 'allow' })
  answer(true)
  expect(await joining).toMatchObject({ code: 'ASTRA_ERR_LINK_REFUSED' })
})

test('without endForbidden what exists stays, with it forbidden links end', async () => {
  await using nodes = await nodesWith(undefined)
  const { server, client } = nodes
  const echo = await server.bind('', 'echo')
  echo.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  const socket = await client.dial('', 'echo')
  const noLinks: PolicyFunctions = {
    mayLink: async () => ({ allowed: false, rule: 'out' }),
    default: 'allow',
  }
  await server.setPolicy(noLinks)
  socket.write('still here')
  expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toBe('still here')
  const ended = new Promise((resolve) => socket.once('error', resolve))
  await server.setPolicy(noLinks, { endForbidden: true })
  expect(server.routes()).toEqual([])
  expect(await ended).toMatchObject({ code: 'ECONNRESET' })
})

test('with endForbidden a peer that loses a service it could dial joins again, and keeps the others', async () => {
  await using nodes = await nodesWith(undefined)
  const { server, client } = nodes
  const listener = await server.bind('', 'admin')
  await server.bind('', 'shop')
  await knows(client, 'shop')
  const near = await client.dial('', 'admin')
  const ended = new Promise<Error & { cause?: Error }>((resolve) => near.once('error', resolve))
  await listener.accept()
  await server.setPolicy(denyDial('admin'), { endForbidden: true })
  const error = await ended
  expect(error).toMatchObject({ code: 'ECONNRESET' })
  expect(JSON.stringify(causesOf(error))).toContain('may link again')
  // The join that is kept up makes the link again.
  const socket = await client.dial('', 'shop')
  socket.destroy()
  expect(await failure(client.dial('', 'admin'))).toMatchObject({ code: 'EACCES' })
})

test('with endForbidden links stay of peers that lose nothing', async () => {
  await using nodes = await nodesWith(denyDial('never'))
  const { server, client } = nodes
  const echo = await server.bind('', 'echo')
  await server.bind('', 'never')
  echo.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  const socket = await client.dial('', 'echo')
  await server.setPolicy(denyDial('never', 'other'), { endForbidden: true })
  await server.setPolicy(undefined, { endForbidden: true })
  socket.end('stays')
  expect(await textOf(socket)).toBe('stays')
})

test('a grant limits what its holder may dial and offer, and gives it roles', async () => {
  const secret = generateSecret()
  const rules: PolicyList['rules'] = [
    { name: 'guests', action: 'dial', peers: ['role:guest'], services: ['vault'], effect: 'deny' },
  ]
  const policy: PolicyList = { roles: { guest: [] }, rules, default: 'allow' }
  await using server = new AstraNet({ secret, policy })
  await using holder = new AstraNet()
  await server.listenAndServe('tcp4', '127.0.0.1:0')
  const ticket = await server.ticket({ grant: { roles: ['guest'], services: ['shop', 'vault'] } })
  const shop = await server.bind('', 'shop')
  await server.bind('', 'bank')
  await server.bind('', 'vault')
  await holder.join(ticket)
  const near = await holder.dial('', 'shop')
  expect((await shop.accept()).remoteIdentity.roles).toEqual(['guest'])
  near.destroy()
  expect(await failure(holder.dial('', 'bank'))).toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('its grant does not cover the service "bank"'),
  })
  expect(await failure(holder.dial('', 'vault'))).toMatchObject({
    code: 'EACCES',
    message: expect.stringContaining('policy rule "guests"'),
  })
  await holder.bind('', 'vault')
  await holder.bind('', 'bank')
  await until(() => server.services().filter(({ nodeId }) => nodeId === holder.nodeId).length > 0)
  await server.ping(holder.nodeId)
  const offered = server.services().filter(({ nodeId }) => nodeId === holder.nodeId)
  expect(offered.map(({ name }) => name)).toEqual(['vault'])
})

test('explain names the rule, and what the former rules did not match', async () => {
  await using nodes = await nodesWith(denyDial('secret'))
  const { server, client } = nodes
  const listener = await server.bind('', 'open')
  const near = await client.dial('', 'open')
  const { remoteIdentity: peer } = await listener.accept()
  const service = { name: 'secret', environment: '', port: 1 }
  expect(await server.explain({ action: 'dial', peer, service })).toMatchObject({
    allowed: false,
    rule: 'not those',
    steps: [{ rule: 'not those', isMatch: true }],
  })
  expect(await client.explain({ action: 'dial', peer, service })).toMatchObject({
    allowed: true,
    rule: 'no policy',
  })
  expect(await server.explain({ action: 'forward', from: peer, to: peer })).toMatchObject({ allowed: true })
  expect(await failure(server.explain({ action: 'fly' } as never))).toBeInstanceOf(TypeError)
  near.destroy()
})

test.each([
  [{ mayDail: () => true }, 'mayDail'],
  [{ rules: [], defualt: 'deny' }, 'defualt'],
  [{ rules: [{ name: 'x', action: 'dail', effect: 'deny' }] }, 'dail'],
  ['all', 'policy'],
  [null, 'policy'],
  [{ mayDial: true }, 'mayDial'],
])('a policy that is none is a TypeError that names what is wrong: %j', async (policy, named) => {
  const wrong = policy as unknown as Policy
  expect(() => new AstraNet({ policy: wrong })).toThrow(TypeError)
  expect(() => new AstraNet({ policy: wrong })).toThrow(named)
  await using node = new AstraNet({ policy: denyDial('secret') })
  const error = await failure(node.setPolicy(wrong))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain(named)
  await node.bind('', 'secret')
  expect(await failure(node.dial('', 'secret'))).toMatchObject({ code: 'EACCES' })
})

test.each([null, 'x', { endForbidden: 'yes' }])(
  'options of setPolicy that are wrong change nothing: %j',
  async (options) => {
    await using node = new AstraNet()
    await node.bind('', 'open')
    expect(await failure(node.setPolicy(denyDial('open'), options as SetPolicyOptions))).toBeInstanceOf(
      TypeError,
    )
    const socket = await node.dial('', 'open')
    socket.destroy()
  },
)

function causesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  return [error.message, ...causesOf(error.cause)]
}
