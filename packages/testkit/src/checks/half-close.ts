import { check, checkBytes, checkSame } from '../assert.js'
import type { PairProbe } from '../pair-probe.js'
import type { Check } from '../runner.js'
import { rng } from '../sim/rng.js'

/** `end`, as `capabilities.halfClose` says. */
export const halfCloseChecks: readonly Check<PairProbe>[] = [
  { name: 'ends one direction and then the other, where it can; otherwise both', run: endsEach },
  { name: 'ends in the other order too', run: endsEachBack },
  { name: 'delivers everything written before end', run: deliversBeforeEnd },
  { name: 'drops what is written after end, and ends only once', run: dropsAfterEnd },
  { name: 'tells an end that came before it was handled', run: endBeforeHandle },
]

async function endsEach(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  pair.a.end()
  if (pair.halfClose) {
    await b.ended()
    await b.send(rng(8).bytes(100_000))
    await a.received(100_000)
    checkSame(a.hasEnded, false, 'whether a got an end')
    checkSame(b.closes, 0, 'calls of onClose while one direction is open')
    pair.b.end()
    await a.ended()
  }
  checkSame(await a.closed(), undefined, "a's reason after a clean end")
  checkSame(await b.closed(), undefined, "b's reason after a clean end")
}

async function endsEachBack(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  pair.b.end()
  if (pair.halfClose) {
    await a.ended()
    await a.send(Uint8Array.of(1, 2, 3))
    pair.a.end()
    await b.ended()
    checkSame(b.receivedBytes, 3, 'bytes received by the side that had ended')
  }
  checkSame(await a.closed(), undefined, "a's reason after a clean end")
  checkSame(await b.closed(), undefined, "b's reason after a clean end")
}

async function deliversBeforeEnd(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  const sent = rng(9).bytes(4 << 20)
  a.write(sent.subarray(0, 1 << 20), sent.subarray(1 << 20))
  pair.a.end()
  await (pair.halfClose ? b.ended() : b.closed())
  checkBytes(b.bytes(), sent, 'a to b')
}

async function dropsAfterEnd(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  await a.send(Uint8Array.of(1))
  pair.a.end()
  check(a.write(Uint8Array.of(2)), 'writev after end should return true')
  pair.a.end()
  await (pair.halfClose ? b.ended() : b.closed())
  pair.a.end()
  await pair.quiet()
  checkBytes(b.bytes(), Uint8Array.of(1), 'a to b')
}

async function endBeforeHandle(pair: PairProbe): Promise<void> {
  const a = pair.probe(pair.a)
  a.write(Uint8Array.of(1, 2, 3))
  pair.a.end()
  await pair.quiet()
  const b = pair.probe(pair.b)
  await (pair.halfClose ? b.ended() : b.closed())
  checkSame(b.receivedBytes, 3, 'bytes received before the end')
}
