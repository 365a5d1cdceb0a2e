import { check, checkBytes, checkSame } from '../assert.js'
import type { PairProbe } from '../pair-probe.js'
import type { Probe } from '../probe.js'
import type { Check } from '../runner.js'
import { rng } from '../sim/rng.js'

const CHUNK_BYTES = 65_536
/** A pipe that takes more than this from a writer whose reader is paused has no back-pressure. */
const MAX_BYTES = 64 << 20

/** A slow reader slows the writer, and chunks are the caller's when the contract says so. */
export const backPressureChecks: readonly Check<PairProbe>[] = [
  {
    name: 'holds back a writer whose reader is paused, and calls onDrain once per writev held back',
    run: heldBack,
  },
  { name: 'lets go of chunks when writev returned true or onDrain came', run: letsGo },
  { name: 'buffers for a writer that writes on regardless, and keeps the order', run: regardless },
  { name: 'calls onDrain only when nothing waits, also when onDrain writes', run: fromInside },
]

async function heldBack(pair: PairProbe): Promise<void> {
  pair.b.pause()
  const [a, b] = pair.probes()
  const written = await fill(pair, a)
  check(pair.a.bufferedBytes > 0, 'bufferedBytes should be above 0 while a write waits')
  check(
    pair.a.bufferedBytes <= written,
    `bufferedBytes is ${pair.a.bufferedBytes}, and only ${written} were written`,
  )
  pair.b.resume()
  await a.until('onDrain', () => a.drains >= a.refusals)
  checkSame(pair.a.bufferedBytes, 0, 'bufferedBytes after onDrain')
  await b.received(written)
  await pair.quiet()
  checkSame(a.drains, a.refusals, 'calls of onDrain')
}

/** Writes until a write has waited for a while without `onDrain`. Returns how many bytes were written. */
async function fill(pair: PairProbe, probe: Probe): Promise<number> {
  for (let written = CHUNK_BYTES; written <= MAX_BYTES; written += CHUNK_BYTES) {
    if (probe.write(new Uint8Array(CHUNK_BYTES))) continue
    await pair.quiet()
    if (probe.drains < probe.refusals) return written
  }
  throw new Error(`the pipe took ${MAX_BYTES} bytes although its reader was paused`)
}

async function letsGo(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  const random = rng(6)
  const sent = random.bytes(8 << 20)
  for (let start = 0; start < sent.length;) {
    const middle = start + random.integer(1, 200_000)
    const end = middle + random.integer(1, 200_000)
    const chunks = [sent.slice(start, middle), sent.slice(middle, end)]
    await a.send(...chunks)
    for (const chunk of chunks) chunk.fill(0xee)
    start = end
  }
  await b.received(sent.length)
  checkBytes(b.bytes(), sent, 'a to b')
}

async function regardless(pair: PairProbe): Promise<void> {
  pair.b.pause()
  const [a, b] = pair.probes()
  const sent = rng(7).bytes(16 << 20)
  for (let start = 0; start < sent.length; start += CHUNK_BYTES)
    a.write(sent.subarray(start, start + CHUNK_BYTES))
  pair.b.resume()
  await b.received(sent.length)
  await a.until('onDrain', () => a.drains >= a.refusals)
  checkSame(pair.a.bufferedBytes, 0, 'bufferedBytes after onDrain')
  checkBytes(b.bytes(), sent, 'a to b')
}

async function fromInside(pair: PairProbe): Promise<void> {
  pair.b.pause()
  const [a, b] = pair.probes()
  let written = (await fill(pair, a)) + CHUNK_BYTES
  a.write(new Uint8Array(CHUNK_BYTES))
  const waiting: number[] = []
  a.onDrained = () => {
    waiting.push(pair.a.bufferedBytes)
    if (waiting.length > 1) return
    a.write(new Uint8Array(written))
    written *= 2
  }
  pair.b.resume()
  await a.until('onDrain', () => a.drains > 0)
  await b.received(written)
  await a.until('onDrain', () => a.drains >= a.refusals)
  check(Math.max(...waiting) <= pair.aheadBytes, `bufferedBytes in onDrain: ${Math.max(...waiting)}`)
}
