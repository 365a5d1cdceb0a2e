import { once } from 'node:events'
import { expect, it } from 'vitest'
import { toDuplex, type StreamDuplex } from '../../src/duplex.js'
import type { Session } from '../../src/index.js'
import { pattern } from '../support/recorder.js'
import { sessionPair } from '../support/sessions.js'

const STREAMS = 8
const PIECE_BYTES = 65_536
const PIECES = (32 * 1_048_576) / STREAMS / PIECE_BYTES

it('both ends writing all they can, 32 MiB each way on 8 streams, never wait for each other', async () => {
  const { client, server } = await sessionPair()
  const near = await Promise.all(
    Array.from({ length: STREAMS }, async () => toDuplex(await client.openStream())),
  )
  const far = await acceptAll(server)
  const moved = await Promise.all([...near, ...far].flatMap((duplex) => [fill(duplex), drain(duplex)]))
  expect(moved).toEqual(moved.map(() => PIECES * PIECE_BYTES))
  expect(server.isClosing || client.isClosing).toBe(false)
}, 60_000)

async function acceptAll(session: Session): Promise<StreamDuplex[]> {
  const duplexes: StreamDuplex[] = []
  while (duplexes.length < STREAMS) duplexes.push(toDuplex(await session.accept()))
  return duplexes
}

/** Writes as fast as the stream takes it, whatever comes the other way. */
async function fill(duplex: StreamDuplex): Promise<number> {
  for (let i = 0; i < PIECES; i++) {
    if (!duplex.write(pieceOf(duplex, i))) await once(duplex, 'drain')
  }
  duplex.end()
  return duplex.bytesWritten
}

/** Reads to the end and compares every byte. */
async function drain(duplex: StreamDuplex): Promise<number> {
  let bytes = 0
  duplex.on('data', (chunk: Uint8Array) => {
    for (let at = 0; at < chunk.length;) {
      const offset = (bytes + at) % PIECE_BYTES
      const length = Math.min(PIECE_BYTES - offset, chunk.length - at)
      const expected = pieceOf(duplex, (bytes + at - offset) / PIECE_BYTES).subarray(offset, offset + length)
      if (Buffer.compare(chunk.subarray(at, at + length), expected) !== 0)
        duplex.destroy(new Error(`wrong bytes at ${bytes + at}`))
      at += length
    }
    bytes += chunk.length
  })
  await once(duplex, 'end')
  return bytes
}

const PATTERNS = Array.from({ length: 16 }, (_, seed) => pattern(PIECE_BYTES, seed))

/** Both sides write the same on a stream; no two that follow each other are alike. */
function pieceOf({ stream }: StreamDuplex, index: number): Uint8Array {
  return PATTERNS[(stream.id / 4 + index) % PATTERNS.length] as Uint8Array
}
