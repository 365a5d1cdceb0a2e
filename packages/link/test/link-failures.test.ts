import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeMessage } from '@astranet/frame/message'
import { CloseCode, linkError, type LinkOptions, type LinkRole } from '@astranet/link'
import { encodePreamble, PREAMBLE_BYTES } from '../src/proto/preamble.js'
import { nameOf } from './support/identities.js'
import { memoryPipe } from './support/memory-pipe.js'
import { rawFirst, rawInitiate, rawPreamble, rawSecond, type RawOptions } from './support/raw-handshake.js'
import { accepting, dialing, otherVersion, rawPeer } from './support/raw-peer.js'
import { bytes, Dials, Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

function pair(
  roles: [LinkRole, LinkRole] = ['dialer', 'acceptor'],
  options: [Partial<LinkOptions>, Partial<LinkOptions>] = [{}, {}],
): { clock: VirtualClock; left: Side; right: Side } {
  const clock = new VirtualClock()
  const [one, other] = memoryPipe(clock)
  const left = new Side(one, { id: 1n, clock, role: roles[0], ...options[0] })
  const right = new Side(other, { id: 2n, clock, role: roles[1], ...options[1] })
  left.link.start()
  right.link.start()
  return { clock, left, right }
}

describe('a link does not open', () => {
  it('with a peer that speaks another protocol: it is cut at its first wrong byte and gets nothing', async () => {
    const { clock, side, raw, pipe } = await accepting()
    raw.write(bytes('G'))
    await clock.settle()
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_FOREIGN' }])
    expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
    expect(pipe.written).toEqual([])
  })

  it('with a peer of another version, which still gets to read this version', async () => {
    const { clock, side, raw, pipe } = await accepting()
    raw.write(otherVersion)
    await clock.pass(999)
    expect(pipe.written).toHaveLength(PREAMBLE_BYTES)
    expect([side.link.state, pipe.isClosed, side.closes]).toEqual(['closing', false, []])
    await clock.pass(1)
    expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_VERSION' }])
  })

  it('with a peer of another version, and has reported that when the pipe is closed', async () => {
    const { clock, side, raw, pipe } = await accepting()
    const dials = new Dials()
    side.link.dial({ kind: 'dial', port: 1, sourcePort: 2 }, dials)
    raw.write(otherVersion)
    await clock.settle()
    expect(dials.failed).toMatchObject([{ code: 'ECONNRESET', isRetryable: true }])
    expect(side.closes).toEqual([])
    raw.end.end()
    await clock.settle()
    expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_VERSION' }])
  })

  it.each(['close', 'destroy'] as const)(
    'with a peer of another version: %s cuts it at once',
    async (end) => {
      const { clock, side, raw, pipe } = await accepting()
      raw.write(otherVersion)
      await clock.settle()
      expect(pipe.isClosed).toBe(false)
      side.link[end]()
      side.link[end]()
      expect([pipe.isClosed, side.closes]).toEqual([true, []])
      await clock.settle()
      expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_VERSION' }])
      expect([side.link.state, clock.timers]).toEqual(['closed', 0])
    },
  )

  it('between two dialers; two acceptors wait for each other until the deadline', async () => {
    const dialers = pair(['dialer', 'dialer'])
    await dialers.clock.pass(10_000)
    const acceptors = pair(['acceptor', 'acceptor'])
    await acceptors.clock.pass(10_000)
    for (const { left, right } of [dialers, acceptors]) expect([...left.opened, ...right.opened]).toEqual([])
    for (const { closes } of [dialers.left, dialers.right])
      expect(closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
    expect(acceptors.left.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
    expect(acceptors.right.closes).toHaveLength(1)
  })

  it('between an acceptor and one that says so as well', async () => {
    const { clock, side, raw } = await accepting()
    raw.write(encodePreamble({ ...rawPreamble, role: 'acceptor' }))
    await clock.settle()
    raw.take(PREAMBLE_BYTES)
    expect(raw.takeRefusal()).toBe(CloseCode.PROTOCOL_ERROR)
    await clock.pass(1_000)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
  })

  it('when it is closed before, and says so once', async () => {
    const { clock, side, pipe } = await accepting()
    side.link.close()
    side.link.close()
    side.link.destroy()
    expect(side.closes).toEqual([])
    await clock.settle()
    expect(side.closes).toEqual([undefined])
    expect([pipe.isClosed, clock.timers]).toEqual([true, 0])
  })

  it('when it is destroyed before it is started', async () => {
    const clock = new VirtualClock()
    const side = new Side(memoryPipe(clock)[0], { id: 1n, clock })
    const error = new Error('enough')
    side.link.destroy(error)
    await clock.settle()
    expect(side.closes).toEqual([error])
  })

  it('when its session cannot be started: it closes, and the process goes on', async () => {
    // A program without types; nothing looks at this option before the session does.
    const sessionOptions = { binding: 'carrier pigeon' as 'bytes' }
    const { clock, side, raw, pipe } = await accepting({ sessionOptions })
    await rawInitiate(raw, clock)
    await clock.settle()
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_INTERNAL', cause: expect.any(TypeError) }])
    expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
  })

  it('with options that are wrong: they are named', () => {
    const clock = new VirtualClock()
    const make = (options: object): (() => Side) => {
      return () => new Side(memoryPipe(clock)[0], { id: 1n, clock, ...options })
    }
    for (const helloTimeoutMs of [0, 1.5, Number.NaN, Infinity, 2 ** 31])
      expect(make({ helloTimeoutMs })).toThrow(/helloTimeoutMs/)
    for (const maxConcurrentStreams of [0, 1, 1.5])
      expect(make({ sessionOptions: { maxConcurrentStreams } })).toThrow(/maxConcurrentStreams/)
    expect(make({ sessionOptions: { recordTimeoutMs: -1 } })).toThrow(/recordTimeoutMs/)
    expect(make({ sequence: -1 })).toThrow(/sequence/)
    expect(make({ introduction: { incarnation: 0.5 } })).toThrow(/incarnation/)
    expect(make({ introduction: { incarnation: 1, roles: ['a b'] } })).toThrow(/roles/)
    const listenAddresses = Array.from({ length: 16 }, () => 'x'.repeat(255))
    const features = Array.from({ length: 31 }, () => 'y'.repeat(64))
    expect(make({ introduction: { incarnation: 1, listenAddresses, features } })).toThrow(/introduction/)
    expect(make({ randomBytes: () => new Uint8Array(3) })).toThrow(/randomBytes/)
    expect(make({ slotAddress: 5 })).toThrow(/"options\.slotAddress"/)
    expect(make({ role: 'client' })).toThrow(/role/)
    expect(make({ identity: {} })).toThrow(/identity/)
    expect(make({ psk: new Uint8Array(31) })).toThrow(/psk/)
    expect(make({ psk: 'correct horse battery staple' })).toThrow(/psk/)
    expect(make({ encryption: 'never' })).toThrow(/encryption/)
    expect(make({ expectedNodeId: -1n })).toThrow(RangeError)
    expect(make({ expectedKey: new Uint8Array(8) })).toThrow(/expectedKey/)
    const grant = { id: new Uint8Array(16).fill(1), psk: new Uint8Array(32), bytes: new Uint8Array(9) }
    expect(make({ role: 'acceptor', grant })).toThrow(/grant/)
    const wrongGrants: [wrong: object, message: RegExp][] = [
      [{ id: new Uint8Array(16) }, /^The property 'options\.grant\.id' must not be all zeros/],
      [
        { id: new Uint8Array(15) },
        /^The value of "options\.grant\.id" is out of range\. It must be 16 bytes/,
      ],
      [{ psk: new Uint8Array(33) }, /"options\.grant\.psk"/],
      [{ bytes: new Uint8Array(2_049) }, /^The value of "options\.grant\.bytes" is out of range/],
      [{ bytes: new Uint8Array(0) }, /^The value of "options\.grant\.bytes" is out of range/],
    ]
    for (const [wrong, message] of wrongGrants)
      expect(make({ role: 'dialer', grant: { ...grant, ...wrong } })).toThrow(message)
  })
})

describe('the deadline', () => {
  it('cuts a peer that is silent: nothing is sent to it', async () => {
    const { clock, side, pipe } = await accepting()
    await clock.pass(9_999)
    expect(side.closes).toEqual([])
    await clock.pass(1)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
    expect((side.closes[0] as Error).message).toBe(
      'the peer sent no complete preamble within 10000 ms (helloTimeoutMs)',
    )
    expect([pipe.isClosed, pipe.written, clock.timers]).toEqual([true, [], 0])
  })

  it('refuses a peer that sends its preamble and no message 1', async () => {
    const { clock, side, raw, pipe } = await accepting()
    raw.write(encodePreamble(rawPreamble))
    await clock.pass(10_000)
    raw.take(PREAMBLE_BYTES)
    expect([raw.takeRefusal(), raw.bytes.length]).toEqual([CloseCode.HELLO_TIMEOUT, 0])
    expect([side.link.state, pipe.isClosed]).toEqual(['closing', false])
    await clock.pass(1_000)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
    expect([pipe.isClosed, clock.timers]).toEqual([true, 0])
  })

  it('cuts a peer that does not send message 3', async () => {
    const { clock, side, raw, pipe } = await accepting()
    await rawFirst(raw)
    await clock.pass(9_999)
    const written = pipe.written.length
    await clock.pass(1)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
    expect([pipe.isClosed, pipe.written.length, clock.timers]).toEqual([true, written, 0])
  })

  it('cuts a peer that does not answer message 1, and one that does not start its session', async () => {
    for (const answers of [false, true]) {
      const { clock, side, raw, pipe } = await dialing()
      if (answers) await rawSecond(raw)
      await clock.pass(9_999)
      expect([side.link.state, side.closes]).toEqual(['handshake', []])
      await clock.pass(20_000)
      expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
      expect([pipe.isClosed, clock.timers]).toEqual([true, 0])
    }
  })

  it('is over when the link is open', async () => {
    const { clock, left, right } = pair()
    await clock.pass(60_000)
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
  })

  it('covers a psk that never comes', async () => {
    const psk = (): Promise<Uint8Array> => new Promise(() => undefined)
    const { clock, left, right } = pair(
      ['dialer', 'acceptor'],
      [{ psk: new Uint8Array(32), helloTimeoutMs: 20_000 }, { psk }],
    )
    await clock.pass(11_000)
    expect(right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
    expect(left.closes).toHaveLength(1)
  })
})

describe('a refusal by admit', () => {
  it('reaches both sides with its sentence', async () => {
    const { clock, left, right } = pair()
    right.admit = () => linkError(CloseCode.REFUSED, 'not from there')
    await clock.pass(10_000)
    expect(right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED', message: 'not from there' }])
    expect(left.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
    expect((left.closes[0] as Error).message).toContain('not from there')
    expect([...left.opened, ...right.opened]).toEqual([])
  })

  it('of the client reaches the server, which has not opened the link', async () => {
    const { clock, left, right } = pair()
    left.admit = () => linkError(CloseCode.REFUSED, 'not you')
    await clock.pass(10_000)
    expect([...left.opened, ...right.opened]).toEqual([])
    expect(right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
  })

  it.each(['left', 'right'] as const)(
    'of the %s side that comes later never follows an open',
    async (late) => {
      const { clock, ...sides } = pair()
      let decide!: (error: ReturnType<typeof linkError>) => void
      sides[late].admit = () => new Promise((resolve) => (decide = resolve))
      await clock.pass(5_000)
      expect([sides.left.link.state, sides.right.link.state]).toEqual(['handshake', 'handshake'])
      decide(linkError(CloseCode.REFUSED, 'after long thought'))
      await clock.pass(10_000)
      for (const side of [sides.left, sides.right]) {
        expect(side.opened).toEqual([])
        expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
      }
    },
  )

  it.each([
    [
      'throws',
      () => {
        throw new Error('the policy is broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the policy is broken'))],
    ['returns null', () => null as never],
    ['returns a boolean', () => Promise.resolve(true as never)],
    ['returns another error', () => new Error('no') as never],
    ['never answers', () => new Promise<undefined>(() => undefined)],
  ])('is what a peer gets when admit %s', async (_, admit) => {
    const { clock, left, right } = pair()
    right.admit = admit
    await clock.pass(20_000)
    expect(right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
    expect(left.closes).toHaveLength(1)
    expect([...left.opened, ...right.opened]).toEqual([])
    expect(clock.timers).toBe(0)
  })

  it('comes in time when only the server does not answer, so that the client learns it', async () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'], [{}, { helloTimeoutMs: 9_000 }])
    right.admit = () => new Promise<undefined>(() => undefined)
    await clock.pass(9_500)
    for (const side of [left, right]) expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
    expect((left.closes[0] as Error).message).toContain('did not decide')
  })

  it('does not come when admit takes its time and agrees', async () => {
    const { clock, left, right } = pair()
    let agree!: () => void
    right.admit = () => new Promise((resolve) => (agree = () => resolve(undefined)))
    await clock.pass(9_000)
    expect([left.link.state, right.link.state]).toEqual(['handshake', 'handshake'])
    expect(nameOf(right.link.remote?.nodeId)).toBe('1')
    agree()
    await clock.settle()
    expect([left.link.isOpen, right.link.isOpen]).toEqual([true, true])
  })

  it('is not waited for when the pipe breaks meanwhile', async () => {
    const { clock, side, raw, pipe } = await accepting()
    side.admit = () => new Promise<undefined>(() => undefined)
    await rawInitiate(raw, clock)
    await clock.settle()
    expect(side.closes).toEqual([])
    raw.end.abort(new Error('cable'))
    await clock.settle()
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_CLOSED' }])
    expect([pipe.isClosed, clock.timers]).toEqual([true, 0])
  })
})

describe('the HELLO of a peer', () => {
  const psk = new Uint8Array(32).fill(7)
  const keyId = new Uint8Array(16).fill(1)
  const grantPsk = createHmac('sha256', psk).update('astranet grant psk 1').update(keyId).digest()
  const presentingGrant: RawOptions = {
    preamble: { hasSecret: true, keyId },
    handshake: { psk: grantPsk },
  }

  it.each([
    ['is no map', { hello: [1] }, CloseCode.PROTOCOL_ERROR],
    ['has no incarnation', { hello: {} }, CloseCode.PROTOCOL_ERROR],
    ['is cut off', { helloBytes: encodeMessage({ i: 1 }).subarray(0, 3) }, CloseCode.PROTOCOL_ERROR],
    ['is empty', { helloBytes: new Uint8Array(0) }, CloseCode.PROTOCOL_ERROR],
    ['is no msgpack', { helloBytes: Uint8Array.of(1, 0xc1) }, CloseCode.PROTOCOL_ERROR],
    [
      'has bytes behind it',
      { helloBytes: Uint8Array.of(...encodeMessage({ i: 1 }), 0) },
      CloseCode.PROTOCOL_ERROR,
    ],
    ['lacks what TLS exports', { preamble: { hasExporter: true } }, CloseCode.PROTOCOL_ERROR],
    ['lacks the grant', presentingGrant, CloseCode.PROTOCOL_ERROR],
  ])('that %s ends the link, and the peer is told', async (_, options, closeCode) => {
    const exportKeyingMaterial = (length: number): Uint8Array => new Uint8Array(length)
    const link = options === presentingGrant ? { psk } : {}
    const peer = await rawPeer({ ...options, link, security: { isPrivate: true, exportKeyingMaterial } })
    expect(peer.closed()).toMatchObject({ isApplication: true, closeCode })
    expect(peer.side.closes).toMatchObject([{ closeCode }])
    expect(peer.side.opened).toEqual([])
  })

  it('that is too long ends the link before it is buffered', async () => {
    const { clock, side, raw, pipe } = await accepting()
    const helloBytes = encodeMessage({ i: 1, junk: 'x'.repeat(4_090) })
    const { handshake } = await rawFirst(raw, { helloBytes })
    await clock.settle()
    raw.take(PREAMBLE_BYTES)
    const third = (await handshake.receive(raw.takeMessage())) as Uint8Array
    raw.write(Uint8Array.of(third.length >> 8, third.length & 0xff))
    await clock.settle()
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
    expect([pipe.isClosed, clock.timers]).toEqual([true, 0])
  })
})
