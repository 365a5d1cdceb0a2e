import type { Connection, NodeId } from '@astranet/interface'
import { duplexPair } from '@astranet/interface/duplex-pair'
import { turn } from '@astranet/testkit'
import { VirtualClock } from '@astranet/testkit/sim'
import { expect, it } from 'vitest'
import { Puncher, type OpenOptions, type PunchEvent, type PunchSituation } from '../../src/index.js'
import { parseEnd, type End } from '../../src/proto/punch/end.js'
import { PunchType } from '../../src/proto/punch/messages.js'
import { MAX_LINGERING, WISH_MS } from '../../src/io/punch/puncher.js'
import { MAX_ROUNDS_PER_MINUTE } from '../../src/proto/punch/round-quota.js'

/** From one side to the other, in ms. */
const DELAY_MS = 20

/** A side that opens. */
interface Opening extends OpenOptions {
  readonly localPort: number
}

/** Two nodes behind NATs that keep ports, each with an own address; the test carries messages and SYNs. */
class Pair {
  readonly clock = new VirtualClock()
  readonly sides: readonly Side[]
  /** Whether the network lets two SYNs cross. */
  isPassing = true
  /** Whether a link through routers can be made. */
  canMeet = true

  constructor() {
    this.sides = [new Side(this, 1), new Side(this, 2)]
    for (const side of this.sides) side.puncher.add(side.peer.id)
  }

  /** Moves time on, so that promises come to their turn in between. */
  async advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      this.clock.advance(10)
      await turn()
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.sides.map(({ puncher }) => puncher.close()))
  }
}

class Side {
  readonly id: NodeId
  readonly puncher: Puncher
  readonly events: PunchEvent[] = []
  readonly links: { method: string; role: string; atMs: number }[] = []
  readonly dialed: string[] = []
  /** The types of the messages that it sent. */
  readonly sent: number[] = []
  /** From where links leave, as each round was told. */
  readonly linkPorts: number[] = []
  /** When a link through routers was asked for, in ms. */
  readonly met: number[] = []
  /** When the wish for the peer ended. */
  readonly lapsed: number[] = []
  /** Listening takes until this resolves. */
  mayListen: Promise<void> = Promise.resolve()
  listeners = 0
  opening: Opening | undefined = undefined
  readonly #pair: Pair

  constructor(pair: Pair, number: number) {
    this.#pair = pair
    this.id = BigInt(number) as NodeId
    const { clock } = pair
    this.puncher = new Puncher({
      ...{ self: this.id, clock, randomRound: () => 1_000 * number + this.events.length },
      situation: () => this.#situation(number),
      send: (_peer, type, body) => {
        this.sent.push(type)
        clock.setTimer(DELAY_MS, () => this.peer.puncher.receive(this.id, type, body))
      },
      adopt: (_peer, connection, { method, role }) => this.#adopt(connection, method, role),
      isWilling: () => true,
      meet: () => {
        this.met.push(clock.now())
        if (!this.#pair.canMeet) return
        clock.setTimer(DELAY_MS, () => {
          for (const side of pair.sides) side.puncher.add(side.peer.id)
        })
      },
      onLapse: () => void this.lapsed.push(clock.now()),
      onEvent: (_peer, event) => void this.events.push(event),
      sockets: {
        listen: async (_onConnection, _signal, port) => {
          this.linkPorts.push(port)
          await this.mayListen
          this.listeners += 1
          return { port: 6_000, mapped: [], close: () => Promise.resolve(void (this.listeners -= 1)) }
        },
        dial: (remote) => {
          this.dialed.push(remote.host)
          return Promise.reject(new Error('nobody is there'))
        },
        openSimultaneously: (options) => this.#open(options),
        openManyPorts: () => expect.fail('no NAT here has random ports'),
        tryPorts: () => expect.fail('no NAT here has random ports'),
      },
    })
  }

  get peer(): Side {
    return this.#pair.sides.find((side) => side !== this) as Side
  }

  #situation(number: number): PunchSituation {
    const local = parseEnd(`192.168.${number}.2:5000`) as End
    const seen = parseEnd(`198.51.100.${number}:5000`) as End
    const networks = [{ host: local.host, prefixBits: 24 }]
    return { networks, observations: [{ local, seen }], relays: [], advertised: [] }
  }

  #open(options: Opening): void {
    expect(options.takeSyn()).toBe(true)
    this.opening = options
    options.signal.addEventListener('abort', () => (this.opening = undefined))
    const { opening } = this.peer
    if (opening === undefined || !this.#pair.isPassing) return
    const [one, other] = duplexPair()
    options.onConnection(one)
    opening.onConnection(other)
  }

  async #adopt(_connection: Connection, method: string, role: string): Promise<void> {
    this.links.push({ method, role, atMs: this.#pair.clock.now() })
    await Promise.resolve()
    await this.puncher.remove(this.peer.id)
  }
}

it('two nodes whose NATs keep ports get a direct link within a second, and free their ports', async () => {
  const pair = new Pair()
  await pair.advance(1_000)
  for (const { links, listeners, opening, dialed, linkPorts } of pair.sides) {
    expect(linkPorts).toEqual([5_000])
    expect(links).toMatchObject([{ method: 'simultaneous-open', role: 'either' }])
    // The other side's address in its local network is not one of this side's.
    expect({ listeners, opening, dialed }).toEqual({ listeners: 0, opening: undefined, dialed: [] })
  }
  await pair.close()
})

it('nodes that were blocked are linked within 65 s after the network lets them, with nobody dialing', async () => {
  const pair = new Pair()
  pair.isPassing = false
  // The three rounds have just ended.
  await pair.advance(22_000)
  expect(pair.sides.map(({ links }) => links)).toEqual([[], []])
  expect(pair.sides.map(({ listeners }) => listeners)).toEqual([0, 0])
  pair.isPassing = true
  await pair.advance(65_000)
  expect(pair.sides.map(({ links }) => links.length)).toEqual([1, 1])
  await pair.close()
})

/** Two nodes whose link through routers has ended unused after `ms`; the first one had opened it. */
async function apartAfter(ms: number): Promise<{ pair: Pair; one: Side; other: Side; end: () => void }> {
  const pair = new Pair()
  pair.isPassing = false
  const [one, other] = pair.sides as [Side, Side]
  const leave = (usedAtMs: number | undefined): void => {
    one.puncher.linger(other.id, usedAtMs)
    void other.puncher.remove(one.id)
  }
  await pair.advance(ms)
  leave(0)
  return { pair, one, other, end: () => leave(undefined) }
}

it('nodes whose link over a router has ended are linked within 65 s after the network lets them', async () => {
  const { pair, one, other } = await apartAfter(60_000)
  expect([one.met, other.met]).toEqual([[], []])
  pair.isPassing = true
  await pair.advance(65_000)
  expect(pair.sides.map(({ links }) => links.length)).toEqual([1, 1])
  expect([one.met.length, other.met.length]).toEqual([1, 0])
  await pair.close()
  expect(pair.clock.pendingTimers).toBe(0)
})

it('the wish for a direct link ends ten minutes after the last stream, after tries with longer pauses', async () => {
  const { pair, one, other, end } = await apartAfter(60_000)
  for (let minute = 1; minute < 10; minute++) {
    await pair.advance(60_000)
    end()
  }
  expect(one.met).toHaveLength(3)
  expect(other.met).toEqual([])
  await pair.advance(1_000)
  expect(one.lapsed).toEqual([WISH_MS])
  await pair.advance(1_200_000)
  expect(one.met).toHaveLength(3)
  expect([one.puncher.isIdle, pair.clock.pendingTimers]).toEqual([true, 0])
  await pair.close()
}, 20_000)

it('a peer that cannot be met counts as tried, and a change of the network begins anew', async () => {
  const { pair, one, other } = await apartAfter(60_000)
  pair.canMeet = false
  await pair.advance(150_000)
  expect(one.met).toHaveLength(1)
  one.puncher.networkChanged()
  await pair.advance(100)
  expect(one.met).toHaveLength(2)
  await pair.advance(30_000)
  expect(one.met).toHaveLength(4)
  pair.canMeet = true
  pair.isPassing = true
  one.puncher.networkChanged()
  await pair.advance(15_000)
  expect(pair.sides.map(({ links }) => links.length)).toEqual([1, 1])
  await one.puncher.remove(other.id)
  await pair.close()
})

it('a link that ends in the middle of a round frees the port, and the round counts as tried', async () => {
  const { pair, one } = await apartAfter(600)
  await pair.advance(10)
  expect([one.listeners, one.opening]).toEqual([0, undefined])
  await pair.advance(1_900)
  expect(one.met).toEqual([])
  await pair.advance(1_000)
  expect(one.met).toHaveLength(1)
  await pair.close()
})

it('at most 64 peers are wished for, and the newest ones', async () => {
  const pair = new Pair()
  const [one, other] = pair.sides as [Side, Side]
  pair.canMeet = false
  await one.puncher.remove(other.id)
  for (let id = 0; id <= MAX_LINGERING; id++) one.puncher.linger(BigInt(100 + id) as NodeId, 0)
  await pair.advance(1_000)
  expect(one.met).toHaveLength(MAX_LINGERING)
  await pair.close()
  expect(pair.clock.pendingTimers).toBe(0)
})

it('three rounds take place at first, whichever sides ask for them', async () => {
  const pair = new Pair()
  pair.isPassing = false
  await pair.advance(55_000)
  for (const { events } of pair.sides) {
    expect(events.filter(({ kind }) => kind === 'begun')).toHaveLength(3)
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(3)
  }
  await pair.close()
})

it('a change of the network begins three more at once', async () => {
  const pair = new Pair()
  pair.isPassing = false
  await pair.advance(40_000)
  pair.isPassing = true
  pair.sides[0]?.puncher.networkChanged()
  await pair.advance(1_000)
  expect(pair.sides.map(({ links }) => links.length)).toEqual([1, 1])
  await pair.close()
})

it('a peer that is no longer reached through a router is left alone, and what it sends is ignored', async () => {
  const pair = new Pair()
  const [one, other] = pair.sides
  await one?.puncher.remove(other?.id as NodeId)
  await pair.advance(20_000)
  expect(other?.events.filter(({ kind }) => kind === 'begun')).toEqual([])
  expect(one?.events).toEqual([])
  await pair.close()
})

it.each([
  ['before its first stage', 200, false],
  ['while both sides open', 600, true],
])(
  'closing in the middle of a round, %s, leaves no listener, no timer and no attempt',
  async (_, atMs, isOpen) => {
    const pair = new Pair()
    pair.isPassing = false
    await pair.advance(atMs)
    expect(pair.sides.map(({ opening, listeners }) => [opening !== undefined, listeners])).toEqual([
      [isOpen, 1],
      [isOpen, 1],
    ])
    await pair.close()
    await pair.close()
    expect(pair.clock.pendingTimers).toBe(0)
    await pair.advance(2_000)
    for (const { listeners, opening } of pair.sides) expect([listeners, opening]).toEqual([0, undefined])
  },
)

/** Two nodes of which the second one, whose id is the higher, has been asked and is about to listen. */
async function aboutToListen(): Promise<{ pair: Pair; one: Side; other: Side; listen: () => void }> {
  const pair = new Pair()
  const [one, other] = pair.sides as [Side, Side]
  let listen = (): void => undefined
  other.mayListen = new Promise((resolve) => (listen = resolve))
  await pair.advance(100)
  expect([one.sent, other.sent]).toEqual([[PunchType.OFFER], []])
  return { pair, one, other, listen }
}

it('a node whose peer gave up while it was about to listen asks for the next round itself', async () => {
  const { pair, one, other, listen } = await aboutToListen()
  await pair.advance(5_000)
  expect(one.sent).toEqual([PunchType.OFFER, PunchType.GIVE_UP])
  await one.puncher.remove(other.id)
  listen()
  await pair.advance(10_000)
  expect(other.sent).toEqual([PunchType.OFFER, PunchType.GIVE_UP])
  await pair.close()
})

it.each([
  ['asked', 0],
  ['given up', 5_000],
])('closing a node that was %s and is about to listen resolves when its port is free', async (_, afterMs) => {
  const { pair, other, listen } = await aboutToListen()
  await pair.advance(afterMs)
  let isClosed = false
  const closing = other.puncher.close().then(() => (isClosed = true))
  await turn()
  expect(isClosed).toBe(false)
  listen()
  await closing
  expect(other.listeners).toBe(0)
  await pair.close()
})

it('a peer that makes another link over a router has neither new tries nor new rounds', async () => {
  const pair = new Pair()
  pair.isPassing = false
  const [one, other] = pair.sides as [Side, Side]
  await pair.advance(22_000)
  const begun = (): number => one.events.filter(({ kind }) => kind === 'begun').length
  expect(begun()).toBe(3)
  await one.puncher.remove(other.id)
  await other.puncher.remove(one.id)
  for (let round = 0; round < 2 * MAX_ROUNDS_PER_MINUTE; round++) {
    one.puncher.add(other.id)
    one.puncher.receive(other.id, PunchType.OFFER, [round, 2, 0, []])
    await pair.advance(10)
    await one.puncher.remove(other.id)
  }
  const answers = one.sent.filter((type) => type === PunchType.CONSENT).length
  expect(answers).toBeGreaterThan(0)
  expect(answers).toBeLessThanOrEqual(MAX_ROUNDS_PER_MINUTE)
  expect(one.events.filter((event) => event.kind === 'refused' && event.refusal === 'busy')).not.toEqual([])
  one.puncher.add(other.id)
  other.puncher.add(one.id)
  await pair.advance(5_000)
  expect(begun()).toBe(3)
  await pair.close()
})
