import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_HANDSHAKES_PER_SECOND,
  DEFAULT_SLOTS_PER_HOST,
  DEFAULT_SLOTS_PER_STAGE,
  DEFAULT_TOTAL_HANDSHAKES_PER_SECOND,
  DoorwaySlots,
  type DoorwaySlot,
  type DoorwaySlotsOptions,
  type SlotStage,
} from '@astranet/link'
import { CloseCode, linkError } from '@astranet/link'
import { encodePreamble, PREAMBLE_BYTES } from '../src/proto/preamble.js'
import { BeginQuota, MAX_REMEMBERED_HOSTS } from '../src/proto/slots/begin-quota.js'
import { remoteHost } from '../src/proto/slots/remote-host.js'
import { MAX_LEAVING_PIPES } from '../src/proto/slots/slot-keeper.js'
import { memoryPipe, type MemoryEnd } from './support/memory-pipe.js'
import { RawEnd } from './support/raw-end.js'
import { rawFirst, rawInitiate, rawPreamble } from './support/raw-handshake.js'
import { Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

/** Random numbers that repeat. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

/** Slots, and what became of the pipes in them. */
class Room {
  readonly slots: DoorwaySlots
  readonly evicted: string[] = []
  readonly cut: string[] = []
  readonly held = new Map<string, DoorwaySlot>()

  constructor(options: Partial<DoorwaySlotsOptions> = {}) {
    this.slots = new DoorwaySlots({ random: randomFrom(1), ...options })
  }

  enter(name: string, address = `10.0.0.1:${this.held.size}`, stage?: SlotStage): DoorwaySlot {
    const slot = this.slots.enter(address, {
      onEvicted: () => void this.evicted.push(name),
      onCut: () => void this.cut.push(name),
    })
    this.held.set(name, slot)
    if (stage !== undefined) slot.advance(stage)
    return slot
  }
}

/** An address of its own for each number. */
const addressOf = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:9`

describe('the slots of a node', () => {
  it('hold 1,024 pipes of each stage by default, and refuse one of the stage beyond', () => {
    const room = new Room()
    for (const stage of ['answered', 'greeted', 'silent'] as const) {
      for (let index = 0; index < DEFAULT_SLOTS_PER_STAGE; index++)
        room.enter(`${stage} ${index}`, addressOf(room.held.size), stage)
    }
    expect([room.slots.pending, room.evicted]).toEqual([3 * DEFAULT_SLOTS_PER_STAGE, []])
    room.enter('one more', addressOf(room.held.size))
    expect(room.evicted).toHaveLength(1)
    expect(room.evicted[0]).toMatch(/^silent|one more/)
    expect(room.slots.pending).toBe(3 * DEFAULT_SLOTS_PER_STAGE)
  })

  it('count a pipe in the stage that it has come to', () => {
    const room = new Room({ maxPerStage: 2 })
    for (let index = 0; index < 2; index++) room.enter(`answered ${index}`, addressOf(index), 'answered')
    room.enter('third', addressOf(2), 'answered')
    expect(room.evicted).toHaveLength(1)
    expect([room.slots.pending, room.slots.leaving]).toEqual([2, 1])
  })

  it('hold 64 pipes of a host by default, and refuse one of those that were not answered', () => {
    const room = new Room()
    for (let index = 0; index < DEFAULT_SLOTS_PER_HOST - 3; index++)
      room.enter(`old ${index}`, undefined, 'answered')
    for (let index = 0; index < 3; index++) room.enter(`new ${index}`, undefined, 'greeted')
    room.enter('another host', '10.0.0.2:1')
    expect(room.evicted).toEqual([])
    for (let index = 0; index < 20; index++) room.enter(`late ${index}`)
    expect(room.evicted).toHaveLength(20)
    expect(room.evicted.every((name) => !name.startsWith('old'))).toBe(true)
    expect(room.slots.pending).toBe(DEFAULT_SLOTS_PER_HOST + 1)
  })

  it('leave a newcomer its chance behind an address whose other pipes have all sent a preamble', () => {
    let lost = 0
    for (let seed = 1; seed <= 200; seed++) {
      const room = new Room({ random: randomFrom(seed * 104_729) })
      for (let index = 0; index < DEFAULT_SLOTS_PER_HOST; index++)
        room.enter(`flood ${index}`, undefined, 'greeted')
      room.enter('newcomer')
      expect(room.evicted).toHaveLength(1)
      if (room.evicted[0] === 'newcomer') lost++
    }
    expect(lost).toBeLessThan(20)
  })

  it('refuse a pipe drawn at random, the new one among them', () => {
    const drawn = new Set<string>()
    for (let seed = 1; seed < 400; seed++) {
      const room = new Room({ random: randomFrom(seed * 7919), maxPerStage: 3 })
      for (let index = 0; index < 4; index++) room.enter(`pipe ${index}`, addressOf(index))
      expect(room.evicted).toHaveLength(1)
      drawn.add(room.evicted[0] as string)
    }
    expect([...drawn].sort()).toEqual(['pipe 0', 'pipe 1', 'pipe 2', 'pipe 3'])
  })

  it('count no pipe of an address without a host per host', () => {
    const room = new Room()
    for (let index = 0; index < 500; index++) room.enter(`pipe ${index}`, '/run/astranet.sock')
    expect(room.evicted).toEqual([])
    expect(room.held.get('pipe 0')?.begin(0)).toBe(true)
  })

  it('let refused pipes stay for a moment, 256 of them, and cut the oldest', () => {
    const room = new Room()
    for (let index = 0; index <= MAX_LEAVING_PIPES; index++) {
      const slot = room.enter(`pipe ${index}`, addressOf(index))
      slot.linger()
      slot.linger()
    }
    expect([room.slots.pending, room.slots.leaving, room.cut]).toEqual([0, MAX_LEAVING_PIPES, ['pipe 0']])
    for (const slot of room.held.values()) slot.release()
    expect([room.slots.leaving, room.evicted]).toEqual([0, []])
  })

  it('are given back once, whatever is called afterwards', () => {
    const room = new Room()
    const slot = room.enter('pipe')
    slot.release()
    slot.release()
    slot.advance('answered')
    slot.linger()
    expect([room.slots.pending, room.slots.leaving]).toEqual([0, 0])
  })

  it('never hold more than their limits, whatever is called', () => {
    const calls = fc.array(
      fc.record({
        pipe: fc.nat(40),
        call: fc.constantFrom('enter', 'greeted', 'answered', 'linger', 'release'),
      }),
      { maxLength: 300 },
    )
    const run = fc.property(calls, fc.integer({ min: 1, max: 1_000_000 }), (list, seed) => {
      const room = new Room({ random: randomFrom(seed), maxPerStage: 5, maxPerHost: 3 })
      for (const { pipe, call } of list) {
        const slot = room.held.get(String(pipe))
        if (call === 'enter') {
          slot?.release()
          room.enter(String(pipe), `10.0.0.${pipe % 4}:1`)
        } else if (call === 'greeted' || call === 'answered') slot?.advance(call)
        else slot?.[call]()
        expect(room.slots.pending).toBeLessThanOrEqual(12)
      }
      for (const slot of room.held.values()) slot.release()
      expect([room.slots.pending, room.slots.leaving]).toEqual([0, 0])
    })
    fc.assert(run)
  })

  it('keep honest peers safe from one host that floods: it refuses itself', () => {
    const room = new Room()
    for (let index = 0; index < 20; index++) room.enter(`honest ${index}`, addressOf(index), 'answered')
    for (let index = 0; index < 5_000; index++) room.enter('flood', `192.0.2.1:${index}`)
    expect(new Set(room.evicted)).toEqual(new Set(['flood']))
    expect(room.slots.pending).toBe(20 + DEFAULT_SLOTS_PER_HOST)
  })

  it('throw on options that are wrong, and name them', () => {
    const random = Math.random
    expect(() => new DoorwaySlots({ random: 5 as never })).toThrow(/random/)
    expect(() => new DoorwaySlots({ random, maxPerStage: 0 })).toThrow(/maxPerStage/)
    expect(() => new DoorwaySlots({ random, maxPerHost: 1.5 })).toThrow(/maxPerHost/)
    expect(() => new DoorwaySlots({ random, handshakesPerSecond: 0 })).toThrow(
      /^The value of "options\.handshakesPerSecond" is out of range\. It must be >= 1 && <= 1000000/,
    )
    expect(() => new DoorwaySlots({ random, totalHandshakesPerSecond: 0 })).toThrow(/totalHandshakes/)
  })
})

describe('the quota of a host', () => {
  it('is 64 handshakes at once by default, and 64 in a second', () => {
    const room = new Room()
    const slot = room.enter('pipe')
    const begun = (now: number): number =>
      Array.from({ length: 200 }, () => slot.begin(now)).filter((isAllowed) => isAllowed).length
    expect(begun(1_000)).toBe(DEFAULT_HANDSHAKES_PER_SECOND)
    expect(begun(1_500)).toBe(DEFAULT_HANDSHAKES_PER_SECOND / 2)
    expect(begun(60_000)).toBe(DEFAULT_HANDSHAKES_PER_SECOND)
  })

  it('is remembered for a second, of 16,384 hosts', () => {
    const quota = new BeginQuota(64)
    for (let index = 0; index < MAX_REMEMBERED_HOSTS + 5_000; index++) quota.take(String(index), 0)
    expect(quota.size).toBe(MAX_REMEMBERED_HOSTS)
    quota.take('one more', 1_000)
    expect(quota.size).toBe(1)
  })
})

describe('the quota of a node', () => {
  /** Which of `count` handshakes are answered, each of a host of its own. */
  function answered(room: Room, count: number, time: (index: number) => number): boolean[] {
    return Array.from({ length: count }, (_, index) => {
      const slot = room.enter(String(index), addressOf(index))
      const isAllowed = slot.begin(time(index)) && slot.answer(time(index))
      slot.release()
      return isAllowed
    })
  }
  const sum = (list: boolean[]): number => list.filter(Boolean).length

  it('is 1,024 handshakes at once by default, from whatever hosts', () => {
    const room = new Room()
    expect(sum(answered(room, DEFAULT_TOTAL_HANDSHAKES_PER_SECOND, () => 5_000))).toBe(1_024)
    expect(sum(answered(room, 5_000, () => 5_000))).toBe(0)
  })

  it('is 1,024 in a second, spread over those that ask, and not for the first in each second', () => {
    const room = new Room()
    // 10,240 in a second, for 20 seconds: one in ten is answered.
    const allowed = answered(room, 204_800, (index) => (index * 1_000) / 10_240).slice(102_400)
    expect(sum(allowed) / 10).toBeGreaterThan(900)
    // Ten seconds, and what may be answered at once.
    expect(sum(allowed)).toBeLessThanOrEqual(11 * DEFAULT_TOTAL_HANDSHAKES_PER_SECOND)
    for (let at = 0; at < allowed.length; at += 2_560)
      expect(sum(allowed.slice(at, at + 2_560))).toBeGreaterThan(128)
  })

  it('is not used up by a host that begins too many, nor by peers without the secret', () => {
    const room = new Room()
    const slot = room.enter('flood', '192.0.2.1:1')
    for (let index = 0; index < 100_000; index++) slot.begin(1_000)
    expect(sum(answered(room, 1_000, () => 1_000))).toBe(1_000)
  })

  it('counts pipes without a host too', () => {
    const room = new Room({ totalHandshakesPerSecond: 2 })
    const slot = room.enter('pipe', '/run/astranet.sock')
    expect([1, 2, 3].map(() => slot.answer(1_000))).toEqual([true, true, false])
  })
})

describe('the host of a remote address', () => {
  it.each([
    ['192.0.2.7:80', '192.0.2.7'],
    ['[::ffff:192.0.2.7]:80', '192.0.2.7'],
    ['[2001:db8:1:2:3:4:5:6]:80', '2001:db8:1:2'],
    ['[2001:db8:1:2::6]:80', '2001:db8:1:2'],
    ['[2001:DB8:0001:2::]:80', '2001:db8:1:2'],
    ['[::1]:80', '0:0:0:0'],
    ['[fe80::1%eth0]:80', 'fe80:0:0:0'],
    ['/run/x.sock', undefined],
    ['', undefined],
    ['a', undefined],
    ['example.org:80', undefined],
    ['tunnel:a-node', 'tunnel:a-node'],
    ['[nonsense]:80', undefined],
  ])('%s is %s', (address, host) => {
    expect(remoteHost(address)).toBe(host)
  })
})

describe('links that share slots', () => {
  interface Door {
    readonly side: Side
    readonly raw: RawEnd
    readonly pipe: MemoryEnd
  }

  function room({ psk, ...options }: Partial<DoorwaySlotsOptions> & { psk?: Uint8Array } = {}): {
    clock: VirtualClock
    slots: DoorwaySlots
    knock: () => Door
  } {
    const clock = new VirtualClock()
    const slots = new DoorwaySlots({ random: randomFrom(3), ...options })
    const knock = (): Door => {
      const [pipe, other] = memoryPipe(clock)
      const side = new Side(pipe, { id: 1n, clock, role: 'acceptor', slots, psk })
      const raw = new RawEnd(other)
      side.link.start()
      return { side, raw, pipe }
    }
    return { clock, slots, knock }
  }

  it('hold a slot until the peer is admitted, and one pipe in each stage', async () => {
    const { clock, slots, knock } = room()
    const doors = [knock(), knock(), knock(), knock()] as const
    let admit!: () => void
    doors[3].side.admit = () => new Promise((resolve) => (admit = () => resolve(undefined)))
    doors[1].raw.write(encodePreamble(rawPreamble))
    await rawFirst(doors[2].raw)
    await rawInitiate(doors[3].raw, clock)
    await clock.settle()
    expect(slots.pending).toBe(4)
    admit()
    await clock.settle()
    expect(slots.pending).toBe(3)
    for (const { side } of doors) side.link.destroy()
    await clock.settle()
    expect([slots.pending, slots.leaving, clock.timers]).toEqual([0, 0, 0])
  })

  it('give slots back whichever way they end', async () => {
    const ends: ((door: Door) => unknown)[] = [
      ({ raw }) => raw.write(Uint8Array.of(0x47)),
      ({ raw }) => raw.end.end(),
      ({ raw }) => raw.end.abort(new Error('cable')),
      ({ side }) => side.link.close(),
      ({ side }) => side.link.destroy(),
      ({ raw }) => raw.write(encodePreamble({ ...rawPreamble, role: 'acceptor' })),
      () => undefined,
    ]
    const { clock, slots, knock } = room()
    for (const end of ends) end(knock())
    await clock.pass(12_000)
    expect([slots.pending, slots.leaving, clock.timers]).toEqual([0, 0, 0])
  })

  it('cut a silent peer that loses its slot, and tell a greeted one that the node is busy', async () => {
    const { clock, slots, knock } = room({ maxPerHost: 1, random: () => 0 })
    const silent = knock()
    knock()
    await clock.settle()
    expect(silent.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_BUSY' }])
    expect([silent.pipe.written, silent.pipe.isClosed]).toEqual([[], true])

    const other = room({ maxPerStage: 1, random: () => 0 })
    const greeted = other.knock()
    greeted.raw.write(encodePreamble(rawPreamble))
    await other.clock.settle()
    const next = other.knock()
    next.raw.write(encodePreamble(rawPreamble))
    await other.clock.settle()
    greeted.raw.take(PREAMBLE_BYTES)
    expect(greeted.raw.takeRefusal()).toBe(CloseCode.BUSY)
    expect([other.slots.pending, other.slots.leaving]).toEqual([1, 1])
    await other.clock.pass(1_000)
    expect(greeted.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_BUSY' }])
    expect(other.slots.leaving).toBe(0)
    expect(slots.pending).toBe(1)
  })

  it('cut a peer that was answered and loses its slot: nothing goes out in the clear any more', async () => {
    const { clock, knock } = room({ maxPerStage: 1, random: () => 0 })
    const answered = knock()
    await rawFirst(answered.raw)
    await clock.settle()
    const written = answered.pipe.written.length
    const next = knock()
    await rawFirst(next.raw)
    await clock.settle()
    expect(answered.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_BUSY' }])
    expect([answered.pipe.written.length, answered.pipe.isClosed]).toEqual([written, true])
    expect(next.side.closes).toEqual([])
  })

  it('count a peer that admit has refused until its session has closed, and cut the oldest of too many', async () => {
    const { clock, slots, knock } = room({ maxPerHost: 1_000, handshakesPerSecond: 1_000 })
    const refused = async (): Promise<Door> => {
      const door = knock()
      door.side.admit = () => linkError(CloseCode.REFUSED, 'not you')
      await rawInitiate(door.raw, clock)
      await clock.settle()
      return door
    }
    const doors: Door[] = []
    while (doors.length < MAX_LEAVING_PIPES) doors.push(await refused())
    const [first, second] = doors as [Door, Door]
    expect([slots.pending, slots.leaving, first.pipe.isClosed]).toEqual([0, MAX_LEAVING_PIPES, false])
    await refused()
    expect([slots.leaving, first.pipe.isClosed, second.pipe.isClosed]).toEqual([
      MAX_LEAVING_PIPES,
      true,
      false,
    ])
    expect(first.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
    await clock.pass(3_000)
    expect([slots.pending, slots.leaving, clock.timers]).toEqual([0, 0, 0])
    expect(second.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
  })

  it('refuse a pipe that gets no slot at all, from inside start', async () => {
    const { clock, slots, knock } = room({ maxPerHost: 1, random: () => 0.99 })
    knock()
    const late = knock()
    expect(late.side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_BUSY' }])
    await clock.settle()
    expect([late.side.closes.length, late.pipe.isClosed, slots.pending, slots.leaving]).toEqual([
      1,
      true,
      1,
      0,
    ])
  })

  it('refuse a host that begins too many handshakes, before any cryptography', async () => {
    const { clock, knock } = room({ handshakesPerSecond: 2 })
    const doors = [knock(), knock(), knock()]
    for (const { raw } of doors) await rawFirst(raw)
    await clock.settle()
    const [, , third] = doors
    third?.raw.take(PREAMBLE_BYTES)
    expect(third?.raw.takeRefusal()).toBe(CloseCode.BUSY)
    expect(third?.raw.bytes.length).toBe(0)
    expect(doors.map(({ side }) => side.link.state)).toEqual(['handshake', 'handshake', 'closing'])
  })

  it('count for the node only peers that have the secret', async () => {
    const psk = new Uint8Array(32).fill(7)
    const { clock, knock } = room({ psk, totalHandshakesPerSecond: 1 })
    const first = async (secret: Uint8Array, nonce: number): Promise<number | undefined> => {
      const { raw } = knock()
      const preamble = { hasSecret: true, nonce: new Uint8Array(16).fill(nonce) }
      await rawFirst(raw, { preamble, handshake: { psk: secret } })
      await clock.settle()
      raw.take(PREAMBLE_BYTES)
      return raw.takeRefusal()
    }
    const other = new Uint8Array(32).fill(8)
    for (let nonce = 11; nonce < 15; nonce++)
      expect(await first(other, nonce)).toBe(CloseCode.AUTHENTICATION_FAILED)
    // The first one is answered, and no refusal comes.
    expect(await first(psk, 15)).toBeUndefined()
    expect(await first(psk, 16)).toBe(CloseCode.BUSY)
  })
})
