import { duplexPair } from 'node:stream'
import { systemClock, type ByteDuplexHandler, type Clock } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { nodeCrypto, webCrypto } from '@astranet/secure'
import { synchronousPair, type DuplexPair } from '@astranet/testkit'
import { describe, expect, it } from 'vitest'
import { otherVersion } from './support/raw-peer.js'
import { bytes, Dials, Reader, Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

const pairs: [string, () => DuplexPair][] = [
  ['a synchronous pair', synchronousPair],
  ['a synchronous pair without half-close', () => synchronousPair({ halfClose: false })],
  [
    "Node's duplexPair",
    () => {
      const [a, b] = duplexPair()
      return { a: fromNodeDuplex(a), b: fromNodeDuplex(b) }
    },
  ],
]

/** The next event of a side. */
function next(side: Side, what: 'onOpen' | 'onClose'): Promise<void> {
  return new Promise((resolve) => (side[what] = resolve))
}

/** Every pair as it is, and as one that both ends call private, on which links do not encrypt. */
const cases = pairs.flatMap(([name, createPair]): [string, () => DuplexPair][] => [
  [`${name}, encrypted`, () => withPrivacy(createPair(), false)],
  [`${name}, in the clear`, () => withPrivacy(createPair(), true)],
])

function withPrivacy(pair: DuplexPair, isPrivate: boolean): DuplexPair {
  for (const end of [pair.a, pair.b]) Object.assign(end, { security: { isPrivate } })
  return pair
}

describe.each(cases)('links on %s', (_, createPair) => {
  it('open, carry streams and close, whichever end starts first', async () => {
    for (const isLeftFirst of [true, false]) {
      const { a, b } = createPair()
      const [left, right] = [new Side(a, { id: 1n }), new Side(b, { id: 2n })]
      right.onStream = ({ stream, rest }) => {
        right.link.accept(stream)
        stream.write(bytes(rest))
        stream.end()
        stream.handle(new Reader())
      }
      const open = [next(left, 'onOpen'), next(right, 'onOpen')]
      for (const side of isLeftFirst ? [left, right] : [right, left]) side.link.start()
      await Promise.all(open)
      const dials = new Dials()
      const finished = new Promise<void>((resolve) => (dials.onSettled = resolve))
      left.link.dial({ kind: 'dial', port: 7, sourcePort: 0 }, dials).stream?.write(bytes('hello'))
      await finished
      expect(dials.failed).toEqual([])
      const reader = new Reader()
      for (const { stream } of dials.accepted) {
        stream.handle(reader)
        stream.end()
      }
      expect(right.incoming.map(({ rest }) => rest)).toEqual(['hello'])
      const ends = [next(left, 'onClose'), next(right, 'onClose')]
      await left.link.drain()
      await Promise.all(ends)
      expect(dials.accepted.map(({ rest }) => rest).join('') + reader.text).toBe('hello')
      expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
    }
  })
})

it.each([
  ['the dialer', webCrypto, nodeCrypto],
  ['the acceptor', nodeCrypto, webCrypto],
  ['both sides', webCrypto, webCrypto],
])('links open with WebCrypto on %s', async (_, dialer, acceptor) => {
  const { a, b } = withPrivacy(synchronousPair(), false)
  const left = new Side(a, { id: 1n, role: 'dialer', psk: new Uint8Array(32), provider: dialer })
  const right = new Side(b, { id: 2n, role: 'acceptor', psk: new Uint8Array(32), provider: acceptor })
  const open = [next(left, 'onOpen'), next(right, 'onOpen')]
  left.link.start()
  right.link.start()
  await Promise.all(open)
  const ends = [next(left, 'onClose'), next(right, 'onClose')]
  await left.link.drain()
  await Promise.all(ends)
  expect([left.closes, right.closes]).toEqual([[undefined], [undefined]])
})

describe('a link on a pipe that calls back from inside writev and end', () => {
  const answers: [string, Uint8Array, string][] = [
    ['another version', otherVersion, 'ASTRA_ERR_LINK_VERSION'],
    ['a foreign protocol', bytes('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ASTRA_ERR_LINK_FOREIGN'],
    ['nothing but its end', new Uint8Array(0), 'ASTRA_ERR_LINK_CLOSED'],
  ]

  it.each(answers)('ends once, and leaves no timer, when %s answers', async (_, answer, code) => {
    const clock = new VirtualClock()
    const { a, b } = synchronousPair()
    const raw: ByteDuplexHandler = {
      onData: () => {
        b.writev([answer])
        b.end()
      },
      onDrain: () => undefined,
      onEnd: () => undefined,
      onClose: () => undefined,
    }
    b.handle(raw)
    const side = new Side(a, { id: 1n, clock })
    side.link.start()
    await clock.settle()
    expect(side.closes).toMatchObject([{ code }])
    expect(clock.timers).toBe(0)
  })

  it('ends once when it is closed from inside an event', async () => {
    const { a, b } = synchronousPair()
    const clock: Clock = systemClock
    const [left, right] = [new Side(a, { id: 1n, clock }), new Side(b, { id: 2n, clock })]
    left.onOpen = () => left.link.close()
    const ends = [next(left, 'onClose'), next(right, 'onClose')]
    left.link.start()
    right.link.start()
    await Promise.all(ends)
    expect([left.closes.length, right.closes.length]).toEqual([1, 1])
  })
})
