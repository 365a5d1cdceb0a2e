import { describe, expect, it } from 'vitest'
import { encodeMessage } from '@astranet/frame/message'
import { toNodeId } from '@astranet/interface'
import { Session } from '@astranet/mux'
import { CloseCode, linkError, LinkError } from '@astranet/link'
import { encodePreamble, PREAMBLE_BYTES, type LinkRole } from '../src/proto/preamble.js'
import { memoryPipe } from './support/memory-pipe.js'
import { accepting, otherVersion, rawHello, rawPeer, rawPreamble, stripPreamble } from './support/raw-peer.js'
import { bytes, Dials, Side } from './support/side.js'
import { VirtualClock } from './support/virtual-clock.js'

function pair(
  roles: [LinkRole, LinkRole],
  pieceBytes?: number,
): { clock: VirtualClock; left: Side; right: Side } {
  const clock = new VirtualClock()
  const [one, other] = memoryPipe(clock, pieceBytes)
  const left = new Side(one, { id: 1n, clock, role: roles[0] })
  const right = new Side(other, { id: 2n, clock, role: roles[1] })
  return { clock, left, right }
}

describe('a link opens', () => {
  it.each([
    ['dialer', 'acceptor'],
    ['acceptor', 'dialer'],
    ['either', 'either'],
    ['dialer', 'dialer'],
    ['either', 'acceptor'],
    ['dialer', 'either'],
  ] as const)('between a %s and a %s, on both sides', (one, other) => {
    const { clock, left, right } = pair([one, other])
    left.link.start()
    right.link.start()
    clock.run()
    expect([left.opened, right.opened]).toEqual([['2'], ['1']])
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
    expect(left.link.facts.isDialedHere).toBe(!right.link.facts.isDialedHere)
  })

  it('when every byte comes alone', () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'], 1)
    left.link.start()
    right.link.start()
    clock.run()
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
  })

  it('when one side starts long after the other', () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'])
    left.link.start()
    clock.advance(5_000)
    right.link.start()
    clock.run()
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
  })

  it('and gives each side the id of the other and its own address as seen there', () => {
    const clock = new VirtualClock()
    const [one, other] = memoryPipe(clock)
    const identity = {
      nodeId: toNodeId(1n),
      incarnation: 77,
      roles: ['router'],
      listenAddresses: ['tcp4://10.0.0.1:900'],
      features: ['x'],
    }
    const left = new Side(one, { id: 1n, clock, identity, sequence: 5, role: 'dialer' })
    const right = new Side(other, { id: 2n, clock, role: 'acceptor' })
    left.link.start()
    right.link.start()
    clock.run()
    expect(right.link.peer).toMatchObject({ ...identity, sequence: 5, observedAddress: '10.0.0.2:2' })
    expect(left.link.peer?.observedAddress).toBe('10.0.0.1:1')
    expect(right.link.facts).toEqual({
      incarnation: 77,
      isDialedHere: false,
      sequence: 5,
      credential: undefined,
    })
    expect(left.link.facts).toMatchObject({ incarnation: 1, isDialedHere: true, sequence: 5 })
  })

  it('without leaving its deadline behind', () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'])
    left.link.start()
    right.link.start()
    clock.advance(60_000)
    expect(left.link.isOpen && right.link.isOpen).toBe(true)
  })
})

describe('a link does not open', () => {
  it('with a peer that speaks another protocol: it is cut off at its first wrong byte', () => {
    const { clock, side, raw, pipe } = accepting()
    raw.writev([bytes('G')])
    clock.run()
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_FOREIGN' }])
    expect(side.link.state).toBe('closed')
    expect(pipe.isClosed).toBe(true)
    expect(clock.timers).toBe(0)
  })

  it('with a peer of another version, which still gets to read this version', () => {
    const { clock, side, raw, pipe } = accepting()
    raw.writev([otherVersion])
    clock.advance(999)
    expect(pipe.written).toHaveLength(PREAMBLE_BYTES)
    expect([side.link.state, pipe.isClosed, side.closes]).toEqual(['closing', false, []])
    clock.advance(1)
    expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_VERSION' }])
  })

  it('with a peer of another version, and has reported that when the pipe is closed', () => {
    const { clock, side, raw, pipe } = accepting()
    const dials = new Dials()
    side.link.dial({ kind: 'dial', port: 1, sourcePort: 2 }, dials)
    raw.writev([otherVersion])
    clock.run()
    expect(dials.failed).toMatchObject([{ code: 'ECONNRESET', isRetryable: true }])
    expect(side.closes).toEqual([])
    raw.end()
    clock.run()
    expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_VERSION' }])
  })

  it.each(['close', 'destroy'] as const)('with a peer of another version: %s cuts it at once', (end) => {
    const { clock, side, raw, pipe } = accepting()
    raw.writev([otherVersion])
    clock.run()
    expect(pipe.isClosed).toBe(false)
    side.link[end]()
    side.link[end]()
    expect([pipe.isClosed, side.closes]).toEqual([true, []])
    clock.run()
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_VERSION' }])
    expect([side.link.state, clock.timers]).toEqual(['closed', 0])
  })

  it('between two acceptors, nor with itself', () => {
    const both = pair(['acceptor', 'acceptor'])
    both.left.link.start()
    both.right.link.start()
    both.clock.run()
    expect(both.left.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])
    expect(both.right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_PROTOCOL' }])

    const clock = new VirtualClock()
    const sides = memoryPipe(clock).map((end, index) => {
      return new Side(end, { id: 1n, clock, role: index === 0 ? 'dialer' : 'acceptor' })
    })
    for (const side of sides) side.link.start()
    clock.run()
    for (const side of sides) expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_SELF' }])
  })

  it('with a silent peer: the deadline ends it', () => {
    const { clock, side, pipe } = accepting()
    clock.advance(9_999)
    expect(side.closes).toEqual([])
    clock.advance(1)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
    expect((side.closes[0] as Error).message).toBe('the peer sent no complete preamble within 10000 ms')
    expect(pipe.isClosed).toBe(true)
  })

  it('with a peer that sends a preamble and then nothing', () => {
    const { clock, side, raw, pipe } = accepting()
    raw.writev([encodePreamble(rawPreamble)])
    clock.advance(10_000)
    expect(side.link.state).toBe('closing')
    clock.advance(10_000)
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_HELLO_TIMEOUT' }])
    expect(pipe.isClosed).toBe(true)
    expect(clock.timers).toBe(0)
  })

  it('when the pipe ends or breaks during the preamble', () => {
    for (const end of ['end', 'abort'] as const) {
      const { clock, side, raw } = accepting()
      raw.writev([encodePreamble(rawPreamble).subarray(0, 20)])
      raw[end](new Error('gone'))
      clock.run()
      expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_CLOSED' }])
      expect(clock.timers).toBe(0)
    }
  })

  it('when it is closed before, and says so once', () => {
    const { clock, side, pipe } = accepting()
    side.link.close()
    side.link.close()
    side.link.destroy()
    expect(side.closes).toEqual([])
    clock.run()
    expect(side.closes).toEqual([undefined])
    expect(pipe.isClosed).toBe(true)
  })

  it('when it is destroyed before it is started', () => {
    const clock = new VirtualClock()
    const side = new Side(memoryPipe(clock)[0], { id: 1n, clock })
    const error = new Error('enough')
    side.link.destroy(error)
    clock.run()
    expect(side.closes).toEqual([error])
  })

  it('when the other side does not want it, and both learn why', () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'])
    right.admit = () => linkError(CloseCode.REFUSED, 'not from there')
    left.link.start()
    right.link.start()
    clock.run()
    expect(right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED', message: 'not from there' }])
    expect(left.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
    expect((left.closes[0] as Error).message).toContain('not from there')
    expect([...left.opened, ...right.opened]).toEqual([])
  })

  it('when the client does not want the server, though the server has opened it', () => {
    const { clock, left, right } = pair(['dialer', 'acceptor'])
    left.admit = () => linkError(CloseCode.REFUSED, 'not you')
    left.link.start()
    right.link.start()
    clock.run()
    expect(left.opened).toEqual([])
    expect(right.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_REFUSED' }])
  })

  it.each([
    ['claims another id than its preamble', { ...rawHello, n: new Uint8Array(8) }, CloseCode.PROTOCOL_ERROR],
    ['sends no map', [1], CloseCode.PROTOCOL_ERROR],
    ['sends a HELLO too large', { ...rawHello, junk: 'x'.repeat(4096) }, CloseCode.MESSAGE_TOO_LARGE],
  ])('with a peer that %s', (_, message, closeCode) => {
    const { clock, side, session, closed } = rawPeer()
    session.tryOpenStream()?.write(encodeMessage(message))
    clock.run()
    expect(closed()).toMatchObject({ isApplication: true, closeCode })
    expect(side.closes).toHaveLength(1)
    expect(side.closes[0]).toBeInstanceOf(LinkError)
    expect(side.closes[0]).toMatchObject({ closeCode })
  })

  it('with a peer that opens a second stream before its HELLO: it has no credit for it', () => {
    const { clock, side, session, closed } = rawPeer()
    expect(session.tryOpenStream()).toBeDefined()
    expect(session.tryOpenStream()).toBeUndefined()
    clock.run()
    expect(closed()).toBeUndefined()
    expect(side.link.state).toBe('handshake')
  })

  it('with a server that opens a stream before its HELLO', () => {
    const clock = new VirtualClock()
    const [pipe, raw] = memoryPipe(clock)
    const side = new Side(pipe, { id: 1n, clock, role: 'dialer' })
    side.link.start()
    raw.writev([encodePreamble({ ...rawPreamble, role: 'acceptor' })])
    let closed: Error | undefined
    const session = new Session(stripPreamble(raw), {
      role: 'server',
      clock,
      handler: {
        onStreamsAvailable: () => session.tryOpenStream()?.write(bytes('early')),
        onStream: () => undefined,
        onClosing: (reason) => (closed = reason),
      },
    })
    clock.run()
    expect(closed).toMatchObject({ isApplication: true, closeCode: CloseCode.PROTOCOL_ERROR })
    expect((side.closes[0] as Error).message).toContain('before both HELLOs')
  })

  it('when its session cannot be started: it closes, and the process goes on', () => {
    const clock = new VirtualClock()
    const [pipe, raw] = memoryPipe(clock)
    // A program without types; nothing looks at this one before the session does.
    const sessionOptions = { binding: 'carrier pigeon' as 'bytes' }
    const side = new Side(pipe, { id: 1n, clock, role: 'acceptor', sessionOptions })
    side.link.start()
    raw.writev([encodePreamble(rawPreamble)])
    clock.run()
    expect(side.closes).toMatchObject([{ code: 'ASTRA_ERR_LINK_INTERNAL', cause: expect.any(TypeError) }])
    expect([side.link.state, pipe.isClosed, clock.timers]).toEqual(['closed', true, 0])
  })

  it('with options that are wrong: they are named', () => {
    const clock = new VirtualClock()
    const make = (options: object): (() => Side) => {
      return () => new Side(memoryPipe(clock)[0], { id: 1n, clock, ...options })
    }
    expect(make({ helloTimeoutMs: 0 })).toThrow(/helloTimeoutMs/)
    for (const helloTimeoutMs of [1.5, Number.NaN, Infinity, 2 ** 31])
      expect(make({ helloTimeoutMs })).toThrow(/helloTimeoutMs/)
    for (const maxConcurrentStreams of [0, 1, 1.5])
      expect(make({ sessionOptions: { maxConcurrentStreams } })).toThrow(/maxConcurrentStreams/)
    expect(make({ sessionOptions: { recordTimeoutMs: -1 } })).toThrow(/recordTimeoutMs/)
    expect(make({ sequence: -1 })).toThrow(/sequence/)
    expect(make({ identity: { nodeId: 1n, incarnation: 0.5 } })).toThrow(/incarnation/)
    expect(make({ identity: { nodeId: 1n, incarnation: 1, roles: ['a b'] } })).toThrow(/roles/)
    const listenAddresses = Array.from({ length: 16 }, () => 'x'.repeat(255))
    const features = Array.from({ length: 32 }, () => 'y'.repeat(64))
    expect(make({ identity: { nodeId: 1n, incarnation: 1, listenAddresses, features } })).toThrow(/identity/)
    expect(make({ randomBytes: () => new Uint8Array(3) })).toThrow(/randomBytes/)
  })
})
