import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { nodeIdToBytes, type NodeId } from '@astranet/interface'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AstraNet, generateIdentity } from '../src/index.js'
import { Member } from './member.js'
import { RegistryMember, type WireMessage } from './registry-member.js'
import { textOf, turn, until } from './support.js'

const ECHO_PORT = 7
const [GREETING, DELTAS, ASK, ANNOUNCE] = [0, 3, 4, 5]
/** Holds and offers nothing. */
const NOTHING: WireMessage = [GREETING, 0, 0, []]

interface Victim extends AsyncDisposable {
  readonly node: AstraNet
  readonly address: string
}

/** A router with an echo and, on demand, a state of up to 2.4 MB. */
async function victim(services = 0): Promise<Victim> {
  const node = new AstraNet({ role: 'router' })
  const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0')
  const echo = await node.bind('', `echo:${ECHO_PORT}`)
  echo.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padEnd(250, 'x'))
  for (let n = 0; n < services; n++) await node.bind('', `service-${n}`, { tags })
  return { node, address, [Symbol.asyncDispose]: () => node.close() }
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

interface Refused {
  readonly kind: string
  readonly speaker: NodeId
  readonly code?: string
}

let refused: Refused[] = []
const onRefused = (message: unknown): void => void refused.push(message as Refused)

beforeEach(() => {
  refused = []
  subscribe('astranet:registry:refused', onRefused)
})

afterEach(() => void unsubscribe('astranet:registry:refused', onRefused))

/** The links of the member end with that code, which is published, and another member still finds the echo. */
async function isCut({ member, identity }: RegistryMember, code: string, address: string): Promise<void> {
  await until(() => member.closed !== undefined)
  expect(member.closed?.error).toMatchObject({ message: expect.stringContaining(code) as string })
  const cut = refused.find(({ kind, speaker }) => kind === 'cut' && speaker === identity.nodeId)
  expect(cut).toMatchObject({ code })
  await using honest = new AstraNet()
  await honest.join('tcp4', address)
  await until(() => offers(honest, 'echo'))
  await talks(honest)
}

/** Changes the first delta of each message that has some. */
function changingDelta(change: (delta: unknown[]) => unknown[]): (message: WireMessage) => WireMessage {
  return (message) => {
    if (message[0] !== DELTAS) return message
    const [first, ...others] = message[1] as unknown[][]
    return [DELTAS, [change([...(first as unknown[])]), ...others]]
  }
}

/** Changes the state in a delta: incarnation, sequence, watermark, count, size, root, signature. */
function changingState(change: (state: unknown[]) => unknown[]): (message: WireMessage) => WireMessage {
  return changingDelta(([owner, kind, key, state, ...rest]) => {
    return [owner, kind, key, change([...(state as unknown[])]), ...rest]
  })
}

const flipped = (bytes: unknown): Uint8Array => {
  const copy = new Uint8Array(bytes as Uint8Array)
  copy[0] = (copy[0] ?? 0) ^ 1
  return copy
}

describe('a member that sends what its owner has not signed is cut off, and nobody else notices', () => {
  test.each<[string, (message: WireMessage) => WireMessage]>([
    ['another signature', changingState((state) => [...state.slice(0, 6), flipped(state[6])])],
    ['another root', changingState((state) => [...state.slice(0, 5), flipped(state[5]), state[6]])],
    [
      'a later incarnation',
      changingState(([incarnation, ...rest]) => [(incarnation as number) + 5_000_000, ...rest]),
    ],
    ['a later sequence', changingState(([i, sequence, ...rest]) => [i, (sequence as number) + 1, ...rest])],
    ['another entry', changingDelta((delta) => [...delta.slice(0, 6), flippedLast(delta[6])])],
    [
      'the key of nobody',
      changingDelta(([owner, kind, key, ...rest]) => [owner, kind, flipped(key), ...rest]),
    ],
  ])('by %s', async (_, change) => {
    await using nodes = await victim()
    await using liar = await RegistryMember.join(nodes.address, { change }, (catalogue) => {
      catalogue.publishService({ name: 'forged', port: 1 })
    })
    await isCut(liar, 'ASTRA_ERR_REGISTRY_FORGED', nodes.address)
    expect(offers(nodes.node, 'forged')).toBe(false)
  })

  test('by the id of another node', async () => {
    await using nodes = await victim()
    await using honest = new AstraNet()
    await honest.bind('', 'honest')
    await honest.join('tcp4', nodes.address)
    const owner = nodeIdToBytes(honest.nodeId)
    const change = changingDelta((delta) => [owner, ...delta.slice(1)])
    await using liar = await RegistryMember.join(nodes.address, { change, role: 'router' }, (catalogue) => {
      catalogue.publishService({ name: 'forged', port: 1 })
    })
    await isCut(liar, 'ASTRA_ERR_REGISTRY_FORGED', nodes.address)
    expect([offers(nodes.node, 'honest'), offers(nodes.node, 'forged')]).toEqual([true, false])
  })

  test('by the id of the node that it sends it to', async () => {
    await using nodes = await victim()
    const before = nodes.node.inspect().registry.incarnation
    const owner = nodeIdToBytes(nodes.node.nodeId)
    const change = changingDelta((delta) => [owner, ...delta.slice(1)])
    await using liar = await RegistryMember.join(nodes.address, { change }, (catalogue) => {
      catalogue.publishService({ name: 'forged', port: 1 })
    })
    await isCut(liar, 'ASTRA_ERR_REGISTRY_FORGED', nodes.address)
    expect(nodes.node.inspect().registry.incarnation).toBe(before)
  })
})

/** The last byte of the last entry's last field changed, so that it is still msgpack. */
function flippedLast(bytes: unknown): Uint8Array {
  const copy = new Uint8Array(bytes as Uint8Array)
  const last = copy.length - 1
  copy[last] = copy[last] === 0 ? 1 : 0
  return copy
}

test('a version of another node that does not exist is asked for, and changes nothing', async () => {
  await using nodes = await victim()
  await using honest = new AstraNet()
  await honest.bind('', 'honest')
  await honest.join('tcp4', nodes.address)
  await until(() => offers(nodes.node, 'honest'))
  await using liar = await RegistryMember.join(nodes.address, { role: 'router' })
  const owner = nodeIdToBytes(honest.nodeId)
  for (const incarnation of [2 ** 53 - 1, 2 ** 53 - 2, Date.now() * 2048])
    liar.send([ANNOUNCE, [[owner, 0, incarnation, 1, 1]]])
  await until(() => liar.member.received.some(([type]) => type === ASK))
  const later = await honest.bind('', 'later')
  await until(() => offers(nodes.node, 'later'))
  later.close()
  await until(() => !offers(nodes.node, 'later'))
  expect(offers(nodes.node, 'honest')).toBe(true)
})

test('a message that is malformed ends the link', async () => {
  await using nodes = await victim()
  for (const message of [[], [77], 'text', [DELTAS, 5], [ANNOUNCE, [[1, 2]]], [GREETING, -1, 0, []]]) {
    await using liar = await RegistryMember.join(nodes.address)
    liar.send(message as WireMessage)
    await isCut(liar, 'ASTRA_ERR_REGISTRY_MESSAGE', nodes.address)
  }
})

test('a member that asks for everything over and over gets it a few times, and the others hear nothing of it', async () => {
  await using nodes = await victim(300)
  await using asker = await Member.join(nodes.address)
  await using other = await Member.join(nodes.address)
  const all: WireMessage = [ASK, [[nodeIdToBytes(nodes.node.nodeId), 0, null]]]
  for (const member of [asker, other]) {
    member.link.sendRegistry(NOTHING)
    member.link.sendRegistry(all)
    await until(() => member.bytesRead > 2_000_000)
    await member.link.ping()
  }
  const stateBytes = other.bytesRead
  let echoes = 0
  const stream = await other.dial(ECHO_PORT, () => (echoes += 1))
  const [askerBytes, otherBytes] = [asker.bytesRead, other.bytesRead]
  for (let round = 1; round <= 500; round++) {
    asker.link.sendRegistry(all)
    stream.write(Uint8Array.of(round))
    await until(() => echoes === round)
  }
  await asker.link.ping()
  expect(asker.closed).toBeUndefined()
  expect((asker.bytesRead - askerBytes) / stateBytes).toBeGreaterThan(2)
  expect((asker.bytesRead - askerBytes) / stateBytes).toBeLessThan(5.5)
  expect(other.bytesRead - otherBytes).toBeLessThan(50_000)
}, 60_000)

test('a member that does nothing but ask loses its link', async () => {
  await using nodes = await victim()
  await using asker = await RegistryMember.join(nodes.address)
  const all: WireMessage = [ASK, [[nodeIdToBytes(nodes.node.nodeId), 0, null]]]
  while (asker.closed === undefined) {
    for (let count = 0; count < 500; count++) asker.send(all)
    await turn()
  }
  await isCut(asker, 'ASTRA_ERR_REGISTRY_ABUSE', nodes.address)
})

test('a node whose identity was used in the last possible incarnation can be dialed as soon as it joins', async () => {
  await using nodes = await victim()
  const identity = await generateIdentity()
  const last = 2 ** 53 - 3
  const former = await RegistryMember.join(nodes.address, { identity, incarnation: last }, (catalogue) => {
    catalogue.publishService({ name: 'former', port: 1 })
  })
  await until(() => offers(nodes.node, 'former'))
  await former[Symbol.asyncDispose]()
  await until(() => !offers(nodes.node, 'former'))
  await using honest = new AstraNet({ identity })
  const listener = await honest.bind('', 'true')
  listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  await honest.join('tcp4', nodes.address)
  await until(() => offers(nodes.node, 'true'))
  const socket = await nodes.node.dial('', 'true', { timeoutMs: 2_000 })
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  expect(offers(nodes.node, 'former')).toBe(false)
})

test('a member that changes what it offers all the time is averaged, and its newest state arrives', async () => {
  await using nodes = await victim()
  await using honest = new AstraNet()
  await honest.join('tcp4', nodes.address)
  await using busy = new AstraNet()
  await busy.join('tcp4', nodes.address)
  const received = (): number => honest.inspect().registry.receivedMessages
  const before = received()
  for (let count = 0; count < 2_000; count++) {
    const listener = await busy.bind('', `change-${count}`)
    await turn()
    listener.close()
  }
  await busy.bind('', 'newest')
  await until(() => offers(honest, 'newest'))
  expect(received() - before).toBeLessThan(300)
  expect(honest.services().map(({ name }) => name)).toEqual(['echo', 'newest'])
}, 60_000)

test('members that fill the memory for what others offer lose their links, and the others stay', async () => {
  await using nodes = await victim()
  const { node, address } = nodes
  await using honest = new AstraNet()
  await honest.bind('', 'small')
  await honest.join('tcp4', address)
  const hogs: RegistryMember[] = []
  const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padEnd(16, 'x'))
  while (hogs.every(({ closed }) => closed === undefined)) {
    const hog = await RegistryMember.join(address, {}, (catalogue) => {
      for (let n = 0; n < 5_000; n++) catalogue.publishService({ name: `hog-${n}`, port: n + 1, tags })
    })
    hogs.push(hog)
    const { nodeId } = hog.identity
    const isHeld = (): boolean =>
      node
        .serviceMap()
        .get('hog-4999')
        ?.some((each) => each.nodeId === nodeId) === true
    await until(() => isHeld() || hogs.some(({ closed }) => closed !== undefined))
  }
  const code = 'ASTRA_ERR_REGISTRY_LIMIT'
  expect(hogs.find(({ closed }) => closed !== undefined)?.closed?.error?.message).toContain(code)
  expect(node.inspect().registry.heldBytes).toBeLessThanOrEqual(64 * 1024 * 1024)
  expect([offers(node, 'echo'), offers(node, 'small')]).toEqual([true, true])
  await talks(honest)
  for (const hog of hogs) await hog[Symbol.asyncDispose]()
  await until(() => node.services().length === 2)
}, 120_000)
