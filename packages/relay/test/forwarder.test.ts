import { StreamCode } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { describe, expect, test } from 'vitest'
import { Chain, type Arrival } from './support/chain.js'
import { Tap } from './support/streams.js'
import { settled, until } from './support/until.js'

for (const routers of [1, 2]) {
  describe(`a tunnel through ${routers} routers`, () => {
    test('passes an end and bytes of the other direction behind it', async () => {
      await using chain = await Chain.of(routers)
      const { near, far } = await chain.streams()
      const [a, b] = [new Tap(near), new Tap(far)]
      a.stream.write(new Uint8Array(100_000))
      a.stream.end()
      await b.until(() => b.hasEnded)
      expect(b.receivedBytes).toBe(100_000)
      b.stream.write(new Uint8Array(200_000))
      b.stream.end()
      await a.until(() => a.isClosed)
      expect(a).toMatchObject({ receivedBytes: 200_000, hasEnded: true, reset: undefined })
      await until(() => chain.router(0).forwarder.inspect().tunnels === 0)
      expect(chain.router(0).forwarder.inspect()).toMatchObject({ opened: 1, lost: 0, heldBytes: 0 })
      expect(chain.router(0).forwarder.inspect().forwardedBytes).toBe(300_000)
    })

    test('passes every byte as it was, while the far end reads and pauses by turns', async () => {
      await using chain = await Chain.of(routers)
      const { near, far } = await chain.streams()
      const [a, b] = [new Tap(near), new Tap(far)]
      const sent = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251)
      for (let start = 0; start < sent.length; start += 30_001)
        a.stream.write(sent.subarray(start, start + 30_001))
      a.stream.end()
      while (!b.hasEnded) {
        b.stream.pause()
        await settled(() => b.stream.unreadBytes)
        const before = b.receivedBytes
        b.stream.resume()
        await b.until(() => b.receivedBytes > before || b.hasEnded)
      }
      expect(Buffer.concat(b.chunks).equals(sent)).toBe(true)
    })

    test('passes a reset and a STOP_SENDING with their codes', async () => {
      await using chain = await Chain.of(routers)
      const { near, far } = await chain.streams()
      const [a, b] = [new Tap(near), new Tap(far)]
      a.stream.reset(0x1234)
      await b.until(() => b.reset !== undefined)
      expect(b.reset).toMatchObject({ code: 'ECONNRESET', applicationCode: 0x1234 })
      expect(b.stopped).toBeUndefined()
      a.stream.stopSending(0x4321)
      await b.until(() => b.stopped !== undefined)
      expect(b.stopped).toMatchObject({ code: 'EPIPE', applicationCode: 0x4321 })
      await a.until(() => a.isClosed)
    })

    test('delivers what was written before a reset that promises it', async () => {
      await using chain = await Chain.of(routers)
      const { near, far } = await chain.streams()
      const [a, b] = [new Tap(near), new Tap(far)]
      a.stream.write(new Uint8Array(300_000))
      a.stream.resetAt(a.stream.sentBytes + a.stream.bufferedBytes, 7)
      await b.until(() => b.reset !== undefined)
      expect(b.receivedBytes).toBe(300_000)
      expect(b.reset).toMatchObject({ applicationCode: 7 })
      b.stream.destroy()
      await a.until(() => a.isClosed)
    })

    test('ends with PATH_LOST at both ends when a link on the way ends', async () => {
      await using chain = await Chain.of(routers + 1)
      const { near, far } = await chain.streams()
      const [a, b] = [new Tap(near), new Tap(far)]
      const lost = chain.router(routers - 1).links.get(chain.router(routers).nodeId)
      lost?.destroy()
      await Promise.all([a, b].map((tap) => tap.until(() => tap.isClosed)))
      for (const tap of [a, b]) expect(tap.reset).toMatchObject({ applicationCode: StreamCode.PATH_LOST })
      const { forwarder } = chain.router(routers - 1)
      expect(forwarder.inspect()).toMatchObject({ tunnels: 0, lost: 1, heldBytes: 0 })
    })

    test('a receiver that does not read stops its sender, and a router holds a bounded number of bytes', async () => {
      await using chain = await Chain.of(routers, { maxTunnelBytes: 65_536 })
      const { near, far } = await chain.streams()
      const [a, b] = [new Tap(near), new Tap(far, { isReading: false })]
      far.stream.manualCredit = true
      const total = 8 << 20
      a.stream.write(new Uint8Array(total))
      await settled(() => a.stream.sentBytes)
      for (let index = 0; index < routers; index++) {
        const { heldBytes } = chain.router(index).forwarder.inspect()
        expect(heldBytes).toBeGreaterThan(0)
        expect(heldBytes).toBeLessThanOrEqual(2 * 65_536)
      }
      far.stream.manualCredit = false
      b.stream.resume()
      await b.until(() => b.receivedBytes === total)
    })
  })
}

test('a node that opens tunnels and never reads costs the router a bounded number of bytes', async () => {
  await using chain = await Chain.of(1, { maxTunnelBytes: 65_536 })
  const senders: Tap[] = []
  for (let index = 0; index < 8; index++) {
    const { near, far } = await chain.streams()
    near.stream.manualCredit = true
    void new Tap(near, { isReading: false })
    const sender = new Tap(far)
    sender.stream.write(new Uint8Array(1 << 20))
    senders.push(sender)
  }
  await settled(() => senders.reduce((sum, { stream }) => sum + stream.sentBytes, 0))
  const { heldBytes, tunnels } = chain.router(0).forwarder.inspect()
  expect(tunnels).toBe(8)
  expect(heldBytes).toBeGreaterThan(0)
  expect(heldBytes).toBeLessThanOrEqual(8 * 65_536)
  // The same link still carries another one, which is read.
  const { near, far } = await chain.streams()
  const [reader, writer] = [new Tap(near), new Tap(far)]
  writer.stream.write(new Uint8Array(1 << 20))
  await reader.until(() => reader.receivedBytes === 1 << 20)
})

test('a tunnel that is given up before the answer ends at the other end, too', async () => {
  await using chain = await Chain.of(1, { maxTunnels: 1, answerTimeoutMs: 600_000 })
  const arrived = new Promise<Arrival>((resolve) => (chain.last.onArrival = resolve))
  const link = chain.first.links.get(chain.router(0).nodeId)
  const silent = { onAccepted: () => undefined, onFailed: () => undefined }
  const dial = link?.dial({ kind: 'tunnel', path: chain.path, position: 1 }, silent)
  const far = await arrived
  dial?.cancel()
  // Nobody answers, and both ends of the router are rid of it all the same.
  const tap = new Tap(far)
  await tap.until(() => tap.isClosed)
  const { forwarder } = chain.router(0)
  await until(() => forwarder.inspect().opening === 0)
  expect(forwarder.inspect()).toMatchObject({ tunnels: 0, opened: 0, heldBytes: 0 })
  expect(forwarder.inspect().refused).toEqual({})
  // Its place is free again.
  await chain.streams()
})

test('a tunnel whose many neighbours have gone may have more bytes in the router again', async () => {
  await using chain = await Chain.of(1, { maxTotalTunnelBytes: 1_048_576 })
  const { near, far } = await chain.streams()
  const [a, b] = [new Tap(near), new Tap(far)]
  const others = []
  for (let index = 0; index < 31; index++) others.push(await chain.streams())
  const { forwarder } = chain.router(0)
  for (const other of others) other.near.stream.destroy()
  await until(() => forwarder.inspect().tunnels === 1)
  // Its windows grow while it is used.
  a.stream.write(new Uint8Array(1 << 20))
  await b.until(() => b.receivedBytes === 1 << 20)
  b.stream.pause()
  a.stream.write(new Uint8Array(20 << 20))
  await settled(() => a.stream.sentBytes)
  expect(forwarder.inspect().heldBytes).toBeGreaterThan(131_072)
  expect(forwarder.inspect().heldBytes).toBeLessThanOrEqual(524_288)
})

test('tunnels that are reset in front of ends that never read leave the link to the others', async () => {
  await using chain = await Chain.of(2)
  const honest = await chain.streams()
  const [a, b] = [new Tap(honest.near), new Tap(honest.far)]
  const stuck: Stream[] = []
  for (let index = 0; index < 40; index++) {
    const { near, far } = await chain.streams()
    far.stream.manualCredit = true
    const { stream } = new Tap(near)
    // More than the windows of the end and of the two routers take.
    stream.write(new Uint8Array(50_000))
    stuck.push(stream)
  }
  const sentBytes = (): number => stuck.reduce((sum, stream) => sum + stream.sentBytes, 0)
  await settled(sentBytes)
  for (const stream of stuck) {
    expect(stream.sentBytes).toBeGreaterThan(2 * 16_384)
    stream.resetAt(stream.sentBytes, 7)
  }
  await settled(sentBytes)
  a.stream.write(new Uint8Array(4 << 20))
  await b.until(() => b.receivedBytes === 4 << 20)
})
