import { nodeIdToBytes } from '@astranet/interface'
import { memory } from '@astranet/transport-memory'
import { expect, test } from 'vitest'
import { AstraNet, generateIdentity } from '../src/index.js'
import { Member } from './member.js'
import { SkipClock, textOf, turn, turns, until } from './support.js'

const ECHO_PORT = 7
const NOTHING_HELD = [0, []]

interface Victim extends AsyncDisposable {
  readonly node: AstraNet
  readonly address: string
}

/** A node with an echo and, on demand, a state of 2.4 MB. */
async function victim(services = 0): Promise<Victim> {
  const node = new AstraNet()
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
  const echo = await node.bind('', `echo:${ECHO_PORT}`)
  echo.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padEnd(250, 'x'))
  for (let n = 0; n < services; n++) await node.bind('', `service-${n}`, { tags })
  return { node, address, [Symbol.asyncDispose]: () => node.close() }
}

/** A member that has received everything once. */
async function synced(address: string): Promise<Member> {
  const member = await Member.join(address)
  member.link.sendRegistry(NOTHING_HELD)
  await until(() => member.isCurrent)
  return member
}

/** Whether the node knows of a service of that name. */
function offers(node: AstraNet, name: string): boolean {
  return node.services().some((service) => service.name === name)
}

async function talks(from: AstraNet): Promise<void> {
  const socket = await from.dial('', 'echo')
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
}

test('a member that asks for everything over and over gets it a few times, and the others hear nothing of it', async () => {
  await using nodes = await victim(300)
  await using asker = await synced(nodes.address)
  await using other = await synced(nodes.address)
  const stateBytes = other.bytesRead
  expect(stateBytes).toBeGreaterThan(2_000_000)
  let echoes = 0
  const stream = await other.dial(ECHO_PORT, () => (echoes += 1))
  const [askerBytes, otherBytes] = [asker.bytesRead, other.bytesRead]
  for (let round = 1; round <= 500; round++) {
    asker.link.sendRegistry(NOTHING_HELD)
    stream.write(Uint8Array.of(round))
    await until(() => echoes === round)
  }
  await until(() => asker.bytesRead - askerBytes > 4 * stateBytes)
  await asker.link.ping()
  expect(asker.closed).toBeUndefined()
  expect((asker.bytesRead - askerBytes) / stateBytes).toBeLessThan(5.5)
  expect(other.bytesRead - otherBytes).toBeLessThan(50_000)
})

test('a member that has asked too often gets the rest when it is time', async () => {
  const clock = new SkipClock()
  const transport = memory({ clock })
  const node = new AstraNet({ clock, transports: [transport] })
  await node.listenAndServe('memory', 'node')
  const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padEnd(250, 'x'))
  for (let n = 0; n < 100; n++) await node.bind('', `service-${n}`, { tags })
  const asker = await Member.over(await transport.dial('memory', 'node'), { clock })
  const askUntilSilent = async (): Promise<number> => {
    const before = asker.received.length
    for (let received = -1; received < asker.received.length;) {
      received = asker.received.length
      asker.link.sendRegistry(NOTHING_HELD)
      await turns(100)
    }
    return asker.received.length - before
  }
  const atOnce = await askUntilSilent()
  expect(asker.isCurrent).toBe(false)
  const received = asker.received.length
  await clock.advance(40_000)
  expect(asker.received.length).toBeGreaterThan(received)
  expect(asker.isCurrent).toBe(true)
  expect(await askUntilSilent()).toBeLessThan(atOnce)
  const closing = node.close()
  await clock.advance(4_000)
  await closing
})

test('a member that does nothing but ask loses its link', async () => {
  await using nodes = await victim()
  await using asker = await synced(nodes.address)
  await using other = await synced(nodes.address)
  while (asker.closed === undefined) {
    for (let count = 0; count < 500; count++) asker.link.sendRegistry(NOTHING_HELD)
    await turn()
  }
  expect(asker.closed.error).toMatchObject({ message: expect.stringMatching(/asks again and again/) })
  expect(other.closed).toBeUndefined()
})

test('a member that claims an impossible incarnation of the node loses its link, and no other member notices', async () => {
  await using nodes = await victim()
  const { node, address } = nodes
  await using honest = new AstraNet()
  await honest.join('tcp4', address)
  const self = nodeIdToBytes(node.nodeId)
  for (const incarnation of [2 ** 53 - 1, 2 ** 53 - 2, Date.now() + 2 ** 41]) {
    await using liar = await synced(address)
    liar.link.sendRegistry([0, [[self, incarnation, 0]]])
    await until(() => liar.closed !== undefined)
    expect(liar.closed?.error).toMatchObject({ message: expect.stringMatching(/claims an incarnation/) })
  }
  await talks(honest)
  await using newcomer = new AstraNet()
  await newcomer.join('tcp4', address)
  await talks(newcomer)
})

test('a believed claim moves the node and costs the others nothing, neither then nor when it has something new', async () => {
  await using nodes = await victim(100)
  const { node, address } = nodes
  await using liar = await synced(address)
  await using other = await synced(address)
  const before = other.bytesRead
  liar.link.sendRegistry([0, [[nodeIdToBytes(node.nodeId), Date.now() + 1_000_000, 0]]])
  const received = liar.received.length
  await until(() => liar.received.length > received && liar.isCurrent)
  await node.bind('', 'late')
  const [incarnation] = liar.received.at(-1)?.slice(2) ?? []
  await until(() => other.received.some((message) => message[2] === incarnation))
  expect(other.bytesRead - before).toBeLessThan(1_000)
})

test('a node whose id was used in the last possible incarnation can be dialed as soon as it joins', async () => {
  await using nodes = await victim()
  const { node: reader, address } = nodes
  const identity = await generateIdentity()
  for (let life = 0; life < 2; life++) {
    const forger = await Member.join(address, { identity, incarnation: 2 ** 53 - 1 })
    const entry = [1, 1, ['', 'forged', 1], [[], 1]]
    forger.link.sendRegistry(NOTHING_HELD)
    forger.link.sendRegistry([1, forger.idBytes, 2 ** 53 - 1, 0, 1, false, [entry]])
    await until(() => offers(reader, 'forged'))
    await forger[Symbol.asyncDispose]()
    await until(() => !offers(reader, 'forged'))

    await using honest = new AstraNet({ identity })
    const listener = await honest.bind('', 'true')
    listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
    await honest.join('tcp4', address)
    await until(() => offers(reader, 'true'))
    const socket = await reader.dial('', 'true', { timeoutMs: 2_000 })
    socket.end('hello')
    expect(await textOf(socket)).toBe('hello')
    expect(offers(reader, 'forged')).toBe(false)
  }
})

test('a member that fills the memory for what others offer loses its link, and the others stay', async () => {
  await using nodes = await victim()
  const { node, address } = nodes
  await using honest = new AstraNet()
  await honest.bind('', 'small')
  await honest.join('tcp4', address)
  await using hog = await synced(address)
  const entries = (since: number): unknown[] =>
    Array.from({ length: 200 }, (_, n) => [
      since + n + 1,
      1,
      ['', `hog-${since + n}`.padEnd(200, 'x'), 1],
      [[], 1],
    ])
  for (let since = 0; hog.closed === undefined; since += 200) {
    const message = [1, hog.idBytes, 1, since, since + 200, since + 200 < 65_000, entries(since)]
    hog.link.sendRegistry(message)
    await until(() => hog.link.canSendRegistry || hog.closed !== undefined)
  }
  expect(hog.closed.error).toMatchObject({
    message: expect.stringMatching(/publishes the largest part of what is held/),
  })
  await until(() => node.services().length === 2)
  expect(
    node
      .services()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['echo', 'small'])
  await talks(honest)
})
