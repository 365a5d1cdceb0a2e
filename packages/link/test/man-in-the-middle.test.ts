import { describe, expect, it } from 'vitest'
import { PreambleFlag, PreambleOffset } from '../src/proto/preamble.js'
import { identityOf, nameOf } from './support/identities.js'
import {
  intercept,
  type Direction,
  type InterceptOptions,
  type Intercepted,
  type Part,
} from './support/man-in-the-middle.js'
import { memoryPipe } from './support/memory-pipe.js'
import { RawEnd } from './support/raw-end.js'
import { rawInitiate, rawSecond } from './support/raw-handshake.js'
import { Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

const psk = new Uint8Array(32).fill(7)

const networks: [string, InterceptOptions][] = [
  ['without a secret', {}],
  ['with a secret', { shared: { psk } }],
]

/** Both links have ended with an error, once, and neither was open. */
async function expectFailure({ clock, dialer, acceptor }: Intercepted, what: string): Promise<void> {
  await clock.pass(12_000)
  for (const side of [dialer, acceptor]) {
    expect([what, side.opened, side.closes.length]).toEqual([what, [], 1])
    expect(side.closes[0], what).toBeInstanceOf(Error)
  }
  expect(clock.timers, what).toBe(0)
}

/** What is sent before a link is open. */
const handshakeParts: [Part, Direction][] = [
  ['preamble', 'forth'],
  ['first', 'forth'],
  ['preamble', 'back'],
  ['second', 'back'],
  ['third', 'forth'],
]

describe.each(networks)('somebody in between, %s', (_, options) => {
  it('who only passes bytes on changes nothing', async () => {
    const links = intercept(undefined, options)
    await links.clock.pass(12_000)
    expect([links.dialer.opened, links.acceptor.opened]).toEqual([['2'], ['1']])
    expect(links.dialer.link.remote?.security).toBe('encrypted')
    const seen = links.parts.map(({ part, direction }) => [part, direction])
    expect(seen.slice(0, 5)).toEqual(handshakeParts)
    // The session of the dialer begins behind message 3, without waiting for the acceptor's.
    expect(seen[5]).toEqual(['rest', 'forth'])
  })

  it.each(handshakeParts)('who changes any bit of the %s %s is noticed by both', async (part, direction) => {
    const { parts, clock } = intercept(undefined, options)
    await clock.settle()
    const length = parts.find((each) => each.part === part && each.direction === direction)?.bytes.length ?? 0
    expect(length).toBeGreaterThan(0)
    for (let offset = 0; offset < length; offset++) {
      const flipped = intercept((each, bytes, way) => {
        if (each !== part || way !== direction) return bytes
        return bytes.with(offset, (bytes[offset] as number) ^ (1 << (offset % 8)))
      }, options)
      await expectFailure(flipped, `${part} ${direction}, byte ${offset}`)
    }
  })

  it.each(handshakeParts)('who holds back the %s %s gets no link', async (part, direction) => {
    const links = intercept(
      (each, bytes, way) => (each === part && way === direction ? undefined : bytes),
      options,
    )
    await expectFailure(links, `${part} ${direction}`)
  })

  it('who changes any flag of either preamble, or of both, is noticed', async () => {
    const { SECRET, INSISTS, PRIVATE, EXPORTER } = PreambleFlag
    for (const flag of [SECRET, INSISTS, PRIVATE, EXPORTER]) {
      for (const directions of [['forth'], ['back'], ['forth', 'back']] as Direction[][]) {
        const links = intercept((part, bytes, direction) => {
          if (part !== 'preamble' || !directions.includes(direction)) return bytes
          return bytes.with(PreambleOffset.FLAGS, (bytes[PreambleOffset.FLAGS] as number) ^ flag)
        }, options)
        await expectFailure(links, `flag ${flag} ${directions.join(' and ')}`)
      }
    }
  })

  it('who repeats one side of an earlier handshake gets no link: not to an acceptor', async () => {
    const earlier = intercept(undefined, options)
    await earlier.clock.pass(1)
    const replayed = earlier.parts.filter(({ direction }) => direction === 'forth').map(({ bytes }) => bytes)
    const clock = new VirtualClock()
    const [end, other] = memoryPipe(clock)
    end.security = { isPrivate: false }
    const side = new Side(end, { id: 2n, clock, role: 'acceptor', ...options.shared })
    side.link.start()
    for (const bytes of replayed) other.writev([bytes])
    await clock.pass(12_000)
    expect([side.opened, side.closes]).toMatchObject([[], [{ code: 'ASTRA_ERR_LINK_AUTHENTICATION' }]])
  })

  it('who repeats one side of an earlier handshake gets no link: not to a dialer', async () => {
    const earlier = intercept(undefined, options)
    await earlier.clock.pass(1)
    const replayed = earlier.parts.filter(({ direction }) => direction === 'back').map(({ bytes }) => bytes)
    const clock = new VirtualClock()
    const [end, other] = memoryPipe(clock)
    end.security = { isPrivate: false }
    const side = new Side(end, { id: 1n, clock, role: 'dialer', ...options.shared })
    side.link.start()
    for (const bytes of replayed) other.writev([bytes])
    await clock.pass(12_000)
    expect([side.opened, side.closes]).toMatchObject([[], [{ code: 'ASTRA_ERR_LINK_AUTHENTICATION' }]])
  })

  it.each(['first', 'second', 'third'] as const)(
    'who repeats the %s message of an earlier handshake gets no link',
    async (part) => {
      const earlier = intercept(undefined, options)
      await earlier.clock.pass(1)
      const old = earlier.parts.find((each) => each.part === part)?.bytes as Uint8Array
      await expectFailure(
        intercept((each, bytes) => (each === part ? old : bytes), options),
        part,
      )
    },
  )

  it.each(['forth', 'back'] as const)(
    'who cuts the bytes that go %s, anywhere, is an error on both sides',
    async (way) => {
      const { parts, clock } = intercept(undefined, options)
      await clock.settle()
      const whole = parts.filter(({ direction, part }) => direction === way && part !== 'rest')
      const total = whole.reduce((sum, { bytes }) => sum + bytes.length, 0)
      for (let kept = 0; kept < total; kept++) {
        let left = kept
        const links = intercept((_part, bytes, direction) => {
          if (direction !== way) return bytes
          const passed = bytes.subarray(0, left)
          left -= passed.length
          return passed
        }, options)
        await expectFailure(links, `${kept} bytes ${way}`)
      }
    },
  )
})

describe('a man in the middle without the secret', () => {
  it('learns nothing of the dialer but its preamble, and is refused by the acceptor', async () => {
    const clock = new VirtualClock()
    const [end, other] = memoryPipe(clock)
    const dialer = new Side(end, { id: 1n, clock, role: 'dialer', psk })
    const man = new RawEnd(other)
    dialer.link.start()
    await clock.settle()
    await expect(
      rawSecond(man, { preamble: { hasSecret: true }, handshake: { psk: new Uint8Array(32) } }),
    ).rejects.toMatchObject({ code: 'ASTRA_ERR_SECURE_SECRET' })

    const [acceptorEnd, manEnd] = memoryPipe(clock)
    const acceptor = new Side(acceptorEnd, { id: 2n, clock, role: 'acceptor', psk })
    const toAcceptor = new RawEnd(manEnd)
    acceptor.link.start()
    const guess = { preamble: { hasSecret: true }, handshake: { psk: new Uint8Array(32) } }
    await expect(rawInitiate(toAcceptor, clock, guess)).rejects.toMatchObject({
      code: 'ASTRA_ERR_SECURE_HANDSHAKE',
    })
    await clock.pass(12_000)
    for (const side of [dialer, acceptor]) {
      expect(side.opened).toEqual([])
      expect(side.closes).toHaveLength(1)
    }
    expect(acceptor.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_AUTHENTICATION' }])
  })
})

describe('a man in the middle of a network without a secret', () => {
  it('can only be itself: each side learns the identity of the man', async () => {
    const clock = new VirtualClock()
    const [end, other] = memoryPipe(clock)
    const dialer = new Side(end, { id: 1n, clock, role: 'dialer' })
    const man = new RawEnd(other)
    dialer.link.start()
    await clock.settle()
    await rawSecond(man)
    await clock.settle()
    expect(nameOf(dialer.link.remote?.nodeId)).toBe('9')
  })

  it.each([
    ['a node id', { expectedNodeId: identityOf(2n).nodeId }],
    ['a key', { expectedKey: identityOf(2n).publicKey }],
  ])('gets nothing from a dialer that expects %s', async (_, expected) => {
    const clock = new VirtualClock()
    const [end, other] = memoryPipe(clock)
    const dialer = new Side(end, { id: 1n, clock, role: 'dialer', ...expected })
    const man = new RawEnd(other)
    dialer.link.start()
    await clock.settle()
    const written = end.written.length
    await rawSecond(man)
    await clock.pass(12_000)
    expect(dialer.closes).toMatchObject([
      { code: 'ASTRA_ERR_LINK_AUTHENTICATION', cause: { code: 'ASTRA_ERR_SECURE_PEER' } },
    ])
    expect(end.written.length).toBe(written)
  })
})
