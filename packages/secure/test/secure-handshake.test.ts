import { AstraError, type ByteDuplex } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { Probe, synchronousPair, turns } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { derivePsk, generateIdentity, generateSecret, secure, webCrypto } from '../src/index.js'
import { HandshakeChannel } from '../src/io/handshake-channel.js'
import { counting, hex, utf8 } from './support/bytes.js'
import { codeOf } from './support/handshakes.js'
import { asInitiator, asResponder, securePair, tcpPair, tcpSockets } from './support/pairs.js'
import { tamperingPipe } from './support/tampering-pipe.js'

test('each end of a TCP connection learns the identity of the other, with a secret, prologue and payloads', async () => {
  const [a, b] = [await generateIdentity(), await generateIdentity()]
  const shared = { psk: await derivePsk(generateSecret()), prologue: utf8('both') }
  const pair = await securePair(
    await tcpPair(),
    { ...shared, identity: a, payload: utf8('from a'), expectedNodeId: b.nodeId },
    { ...shared, identity: b, payload: utf8('from b'), provider: webCrypto },
  )
  expect(pair.a.peer).toEqual({ nodeId: b.nodeId, publicKey: b.publicKey, payload: utf8('from b') })
  expect(pair.b.peer).toEqual({ nodeId: a.nodeId, publicKey: a.publicKey, payload: utf8('from a') })
  expect(hex(pair.a.handshakeHash)).toBe(hex(pair.b.handshakeHash))
  const [left, right] = [Probe.on(pair.a), Probe.on(pair.b)]
  await left.send(utf8('hello'))
  await right.received(5)
  for (const end of [pair.a, pair.b]) end.end()
  expect([await left.closed(), await right.closed()]).toEqual([undefined, undefined])
})

test('a peer that floods a pipe which does not pause is cut during the handshake', async () => {
  const { a, b } = synchronousPair()
  const restless: ByteDuplex = Object.assign(Object.create(b) as ByteDuplex, {
    pause: () => {},
    writev: (chunks: readonly Uint8Array[]) => b.writev(chunks),
    handle: (handler: Parameters<ByteDuplex['handle']>[0]) => b.handle(handler),
    abort: (reason: Error) => b.abort(reason),
    resume: () => b.resume(),
  })
  const channel = new HandshakeChannel(restless)
  const flooder = Probe.on(a)
  for (let sent = 0; sent < 10; sent++) a.writev([new Uint8Array(400_000)])
  await flooder.closed()
  const { bytes, closed } = channel.takeRest()
  expect(closed?.reason).toMatchObject({
    code: 'ASTRA_ERR_SECURE_HANDSHAKE',
    message: 'The peer sent more than 1048576 bytes before the handshake was complete.',
  })
  expect(bytes?.length).toBe(1_200_000)
})

test('handshake and records pass byte by byte in both directions', async () => {
  const bytewise = (pipe: ByteDuplex): ByteDuplex =>
    tamperingPipe(pipe, (chunk) => Array.from(chunk, (byte) => Uint8Array.of(byte)))
  const { a, b } = synchronousPair()
  const pair = await securePair({ a: bytewise(a), b: bytewise(b) })
  const [left, right] = [Probe.on(pair.a), Probe.on(pair.b)]
  await Promise.all([left.send(new Uint8Array(1_000).fill(1)), right.send(new Uint8Array(1_000).fill(2))])
  await Promise.all([left.received(1_000), right.received(1_000)])
  expect(left.bytes()).toEqual(new Uint8Array(1_000).fill(2))
  expect(right.bytes()).toEqual(new Uint8Array(1_000).fill(1))
})

test('records directly behind the last message are kept, and delivered once the pipe is handled', async () => {
  const { a, b } = synchronousPair()
  const responding = asResponder(b)
  const initiator = await asInitiator(a)
  initiator.writev([utf8('at once')])
  initiator.end()
  const responder = await responding
  await turns(3)
  const probe = Probe.on(responder)
  await probe.ended()
  expect(Buffer.from(probe.bytes()).toString()).toBe('at once')
})

describe('a handshake that does not come about', () => {
  test.each([
    ['with a secret', counting(1)],
    ['without a secret', undefined],
  ])('ends on both sides when the pipe ends at any byte of it, %s', async (_, psk) => {
    const lengths = psk === undefined ? [34, 194, 162] : [50, 194, 162]
    for (const [index, length] of lengths.entries()) {
      const isFromInitiator = index !== 1
      const before = index === 2 ? (lengths[0] as number) : 0
      for (let cut = before; cut < before + length; cut++) {
        const { a, b } = synchronousPair()
        const cutting = cuttingPipe(isFromInitiator ? b : a, isFromInitiator ? a : b, cut)
        const [one, other] = await Promise.all([
          codeOf(asInitiator(isFromInitiator ? a : cutting, { psk })),
          codeOf(asResponder(isFromInitiator ? cutting : b, { psk })),
        ])
        const isReceiver = isFromInitiator ? other : one
        expect(isReceiver, `message ${index + 1}, byte ${cut}`).toBe('ASTRA_ERR_SECURE_TRUNCATED')
        if (index < 2) expect([one, other]).not.toContain('none')
      }
    }
  })

  test('rejects with the error of a pipe that breaks', async () => {
    const { a, b } = synchronousPair()
    const reason = new AstraError('ETIMEDOUT', 'a reason')
    const initiating = asInitiator(a)
    const responding = codeOf(asResponder(b, { signal: AbortSignal.timeout(10_000) }))
    a.abort(reason)
    await expect(initiating).rejects.toBe(reason)
    expect(await responding).toBe('ECONNRESET')
  })

  test('rejects with ECONNRESET when a TCP peer resets', async () => {
    const [one, other] = await tcpSockets()
    const initiating = asInitiator(fromNodeDuplex(one))
    other.resetAndDestroy()
    expect(await codeOf(initiating)).toBe('ECONNRESET')
  })

  test('rejects with the reason of a signal, before or during it, and aborts the pipe', async () => {
    const reason = new Error('no more')
    for (const isEarly of [true, false]) {
      const { a, b } = synchronousPair()
      const controller = new AbortController()
      if (isEarly) controller.abort(reason)
      const initiating = asInitiator(a, { signal: controller.signal })
      const peer = Probe.on(b)
      if (!isEarly) await peer.received(34)
      controller.abort(reason)
      await expect(initiating).rejects.toBe(reason)
      expect((await peer.closed())?.message).toBe('The other end of the pipe aborted it.')
    }
  })

  test.each([
    ['a TLS client', Uint8Array.of(0x16, 0x03, 0x01, 0x02)],
    ['HTTP', utf8('GET / HTTP/1.1\r\n')],
    ['a length of 65,535', Uint8Array.of(0xff, 0xff)],
    ['a length of 0', Uint8Array.of(0, 0)],
  ])('refuses %s at its second byte, and answers nothing', async (_, bytes) => {
    const { a, b } = synchronousPair()
    const responding = codeOf(asResponder(b, { psk: counting(1) }))
    const peer = Probe.on(a)
    a.writev([bytes.subarray(0, 2)])
    expect(await responding).toBe('ASTRA_ERR_SECURE_HANDSHAKE')
    await peer.closed()
    expect(peer.receivedBytes).toBe(0)
  })

  test('tells a peer with another secret nothing: no byte is sent to it over TCP', async () => {
    const [one, other] = await tcpSockets()
    const responding = codeOf(asResponder(fromNodeDuplex(other), { psk: counting(1) }))
    expect(await codeOf(asInitiator(fromNodeDuplex(one), { psk: counting(2) }))).toMatch(
      /^(ECONNRESET|ASTRA_ERR_SECURE_TRUNCATED)$/,
    )
    expect(await responding).toBe('ASTRA_ERR_SECURE_SECRET')
    expect(other.bytesWritten).toBe(0)
    expect(one.bytesRead).toBe(0)
  })

  test('leaves the pipe alone when an option is wrong', async () => {
    const { a, b } = synchronousPair()
    const identity = await generateIdentity()
    await expect(secure(a, { role: 'initiator', identity, psk: utf8('short') })).rejects.toThrow(
      /"options.psk" is out of range. It must be 32 bytes. Received 5$/,
    )
    const probe = Probe.on(b)
    a.writev([utf8('x')])
    await probe.received(1)
  })
})

test('three messages pass, and the pipe is open', async () => {
  const { a, b } = synchronousPair()
  const arrived: number[] = []
  const count = (pipe: ByteDuplex): ByteDuplex =>
    tamperingPipe(pipe, (chunk) => {
      arrived.push(chunk.length)
      return [chunk]
    })
  await securePair({ a: count(a), b: count(b) })
  expect(arrived).toEqual([34, 194, 162])
})

/** `pipe`, but its peer ends it once so many bytes have arrived. */
function cuttingPipe(pipe: ByteDuplex, peer: ByteDuplex, cut: number): ByteDuplex {
  let arrived = 0
  if (cut === 0) peer.end()
  return tamperingPipe(pipe, (chunk) => {
    const left = Math.max(0, cut - arrived)
    arrived += chunk.length
    if (arrived >= cut) queueMicrotask(() => peer.end())
    return [chunk.subarray(0, left)]
  })
}
