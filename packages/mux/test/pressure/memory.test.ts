import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { Session, type Stream } from '../../src/index.js'

const MEBIBYTE = 1_048_576

/** What the receiver is given: see receiver.mjs. */
const CAP_BYTES = 64 * MEBIBYTE

/**
 * Twice the cap, as blocks double while they gather small pieces, and 96 MiB: the records of 10,000 streams and the
 * Duplexes made of them (5 KB each), what the collector has not given back to the system yet, and compiled code.
 */
const BOUND_BYTES = 2 * CAP_BYTES + 96 * MEBIBYTE

const STREAMS = 10_000
const PIECE = new Uint8Array(65_536)

interface Measured {
  readonly rss: number
  readonly accepted: number
  readonly kept: number
  /** What the session counts as held. */
  readonly held: number
  /** Payload bytes that arrived. */
  readonly received: number
}

let child: ChildProcess | undefined
let session: Session | undefined

afterEach(async () => {
  session?.destroy()
  await session?.closed
  if (child?.exitCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

describe(
  'the memory of a process whose cap is 64 MiB stays below twice that and 96 MiB',
  { timeout: 120_000 },
  () => {
    it('while nobody reads: four windows of 8 MiB and 10,000 of 16 KiB are full', async () => {
      const { before, streams } = await start('stopped', STREAMS)
      for (const [i, stream] of streams.entries()) stream.write(i < 4 ? new Uint8Array(9 * MEBIBYTE) : PIECE)
      const after = await quiet()
      expect(after.received).toBeGreaterThan(0.9 * CAP_BYTES)
      expect(after.held).toBeLessThan(1.02 * CAP_BYTES)
      expectBounded(before, after)
    })

    it.each(['duplex', 'light'])('while one byte is kept of each chunk that waited (%s)', async (mode) => {
      const { before, streams } = await start(mode, STREAMS)
      const [bulk, ...others] = streams as [Stream, ...Stream[]]
      // Each small chunk comes with 64 KiB of others' bytes, all of which it would keep if it was a piece of what was
      // read.
      for (const stream of others) {
        stream.write(PIECE.subarray(0, 10))
        if (!bulk.write(PIECE)) await drained(bulk)
      }
      const after = await quiet()
      expect(after.kept).toBeGreaterThanOrEqual(others.length)
      expectBounded(before, after)
    })

    it('while one-byte frames come on 10,000 streams that nobody reads', async () => {
      const { before, streams } = await start('unread', STREAMS)
      const [bulk, ...others] = streams as [Stream, ...Stream[]]
      for (let i = 0; i < 2_000; i++) if (!bulk.write(PIECE)) await drained(bulk)
      for (let round = 0; round < 300; round++) {
        for (const stream of others) stream.write(PIECE.subarray(0, 1))
        await drained(bulk, true)
      }
      const after = await quiet()
      expect(after.received).toBeGreaterThan(2_000 * PIECE.length + 200 * others.length)
      expectBounded(before, after)
    })
  },
)

function expectBounded(before: Measured, after: Measured): void {
  const grown = after.rss - before.rss
  expect(grown).toBeLessThan(BOUND_BYTES)
}

/** Starts the receiver and opens streams to it; its memory before anything was sent on them. */
async function start(mode: string, count: number): Promise<{ before: Measured; streams: Stream[] }> {
  const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
  if (!existsSync(built)) throw new Error('the package is not built: run `npm run build` before this test')
  const script = fileURLToPath(new URL('receiver.mjs', import.meta.url))
  child = fork(script, [mode], { execArgv: ['--expose-gc'] })
  const { port } = await answer<{ port: number }>()
  const before = await measure()
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  session = new Session(socket, { role: 'client' })
  const streams: Stream[] = []
  while (streams.length < count) streams.push(await session.openStream())
  await session.ping()
  return { before, streams }
}

async function answer<T>(): Promise<T> {
  const [message] = (await once(child as ChildProcess, 'message')) as [T]
  return message
}

async function measure(): Promise<Measured> {
  const measured = answer<Measured>()
  child?.send('measure')
  return measured
}

/** The receiver's memory once nothing more arrives. */
async function quiet(): Promise<Measured> {
  let last = await measure()
  for (;;) {
    for (let i = 0; i < 3; i++) await session?.ping()
    const now = await measure()
    if (now.received === last.received && now.kept === last.kept) return now
    last = now
  }
}

/** Waits for a round trip behind what was written, or until the stream takes more. */
async function drained(stream: Stream, isRoundTrip = false): Promise<void> {
  if (isRoundTrip) await session?.ping()
  else
    await new Promise<void>((resolve) =>
      stream.handle({ onData: () => {}, onEnd: () => {}, onWritable: () => resolve() }),
    )
}
