import { once } from 'node:events'
import { Rng } from '@astranet/testkit/sim'
import { expect, it, onTestFinished } from 'vitest'
import { toDuplex, StreamDuplex } from '../src/duplex.js'
import type { SessionLimits } from '../src/index.js'
import { pattern } from './support/recorder.js'
import { sessionPair } from './support/sessions.js'

const FULL_BYTES = 524_288

async function duplexPair(limits: SessionLimits = {}): Promise<{ near: StreamDuplex; far: StreamDuplex }> {
  const { client, server } = await sessionPair({ client: limits })
  const near = toDuplex(await client.openStream())
  const far = toDuplex(await server.accept())
  onTestFinished(() => [near, far].forEach((duplex) => duplex.on('error', () => {})))
  return { near, far }
}

/** Writes `size` bytes at a time until told to wait; returns how many were written. */
function fill(duplex: StreamDuplex, size: number): number {
  const chunk = pattern(size)
  for (let written = size; ; written += size) if (!duplex.write(chunk)) return written
}

it('are taken until a flush is full, and drain', async () => {
  const { near, far } = await duplexPair()
  far.resume()
  let written = 0
  for (let round = 1; round <= 5; round++) {
    const more = fill(near, 64)
    written += more
    expect(more).toBeLessThanOrEqual(FULL_BYTES)
    expect(more).toBeGreaterThanOrEqual(FULL_BYTES / 2)
    expect(near.writableNeedDrain).toBe(true)
    expect(near.bytesWritten).toBe(written)
    await once(near, 'drain')
    expect(near.writableNeedDrain).toBe(false)
  }
  near.end()
  await once(far, 'end')
  expect(far.bytesRead).toBe(written)
})

it('are held back when the session has too much to send', async () => {
  const { near, far } = await duplexPair({ maxSendBufferBytes: 131_072 })
  expect(fill(near, 64)).toBe(131_072)
  far.resume()
  await once(near, 'drain')
})

it('are held back when their stream may hold less than usual', async () => {
  const { near, far } = await duplexPair({ sendHighWaterMarkBytes: 32_768 })
  expect(fill(near, 64)).toBe(32_768)
  expect(near.writableNeedDrain).toBe(true)
  far.resume()
  await once(near, 'drain')
})

it('arrive in order among large, corked and awaited ones', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { near, far } = await duplexPair()
    const sent: Uint8Array[] = []
    const got: Uint8Array[] = []
    far.on('data', (chunk: Uint8Array) => got.push(chunk))
    await writeAnyhow(near, sent, seed)
    near.end()
    await once(far, 'end')
    expect(Buffer.compare(Buffer.concat(got), Buffer.concat(sent)), `seed ${seed}`).toBe(0)
    expect(near.bytesWritten).toBe(far.bytesRead)
  }
})

async function writeAnyhow(near: StreamDuplex, sent: Uint8Array[], seed: number): Promise<void> {
  const rng = new Rng(seed)
  for (let i = 0; i < 400; i++) {
    const kind = rng.float()
    const chunk = pattern(rng.integer(1, kind < 0.15 ? 100_000 : 3_000), i)
    sent.push(chunk)
    if (kind > 0.9) near.cork()
    const isAwaited = kind > 0.5 && kind < 0.6 && near.writableCorked === 0
    if (isAwaited) await new Promise((resolve) => near.write(chunk, resolve))
    else if (!near.write(chunk) && near.writableCorked === 0) await once(near, 'drain')
    if (kind > 0.3 && kind < 0.5) near.uncork()
  }
  while (near.writableCorked > 0) near.uncork()
}

it('after the end and after destroy fail as those of Node do', async () => {
  const { near, far } = await duplexPair()
  const codes: unknown[] = []
  near.on('error', (error: Error & { code?: string }) => codes.push(error.code))
  near.end()
  expect(near.write(pattern(10))).toBe(false)
  await new Promise((resolve) => near.once('close', resolve))
  expect(codes).toEqual(['ERR_STREAM_WRITE_AFTER_END'])
  far.destroy()
  expect(far.write(pattern(10))).toBe(false)
  expect(far.bytesWritten).toBe(0)
})

it('go through the _write of a subclass that has one', async () => {
  class Counting extends StreamDuplex {
    writes = 0
    override _write(chunk: Uint8Array, encoding: BufferEncoding, callback: () => void): void {
      this.writes += 1
      super._write(chunk, encoding, callback)
    }
  }
  const { client } = await sessionPair()
  const counting = new Counting(await client.openStream())
  counting.on('error', () => {})
  for (let i = 0; i < 5; i++) counting.write(pattern(10))
  expect(counting.writes).toBe(5)
})

it('go through a _write that was put in place later', async () => {
  const { near } = await duplexPair()
  let writes = 0
  const { _write } = near
  near._write = function (chunk, encoding, callback) {
    writes += 1
    _write.call(this, chunk, encoding, callback)
  }
  near.write(pattern(10))
  expect(writes).toBe(1)
})

it('and a large one under way are counted once', async () => {
  const { near } = await duplexPair()
  near.write(pattern(100))
  near.write(pattern(100_000))
  near.write(pattern(10_000))
  expect(near.bytesWritten).toBe(110_100)
  expect(near.writableLength).toBe(110_000)
})
