import { concatBytes } from '@astranet/interface'
import { check, checkBytes, checkSame } from '../assert.js'
import type { PairProbe } from '../pair-probe.js'
import type { Probe } from '../probe.js'
import type { Check } from '../runner.js'
import { rng, type Rng } from '../sim/rng.js'

const MIB = 1 << 20

/** All bytes arrive, in order, at the current handler of the pipe. */
export const deliveryChecks: readonly Check<PairProbe>[] = [
  { name: 'carries bytes of random sizes both ways at once, whole and in order', run: bothWays },
  { name: 'carries many writes of one byte', run: manySmallWrites },
  { name: 'takes empty writes, and never delivers an empty chunk', run: emptyWrites },
  { name: 'keeps bytes that arrive before it is handled', run: beforeHandle },
  {
    name: 'delivers to another handler from the moment it is handed over, also from inside onData',
    run: handOver,
  },
  { name: 'delivers nothing while paused, and the rest when resumed', run: pauseAndResume },
  { name: 'can be paused before it is handled', run: pauseBeforeHandle },
  { name: 'has addresses that are strings', run: addresses },
]

async function bothWays(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  const [forth, back] = await Promise.all([sendRandom(a, rng(1)), sendRandom(b, rng(2))])
  await Promise.all([b.received(forth.length), a.received(back.length)])
  checkBytes(b.bytes(), forth, 'a to b')
  checkBytes(a.bytes(), back, 'b to a')
}

async function sendRandom(probe: Probe, random: Rng): Promise<Uint8Array> {
  const sent: Uint8Array[] = []
  for (let batch = 0; batch < 20; batch++) {
    const longest = random.pick([1, 100, 10_000, MIB])
    const chunks = Array.from({ length: random.integer(1, 4) }, () =>
      random.bytes(random.integer(1, longest)),
    )
    sent.push(...chunks)
    await probe.send(...chunks)
  }
  return concatBytes(sent)
}

async function manySmallWrites(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  const sent = rng(3).bytes(10_000)
  for (let index = 0; index < sent.length; index++) await a.send(sent.slice(index, index + 1))
  await b.received(sent.length)
  checkBytes(b.bytes(), sent, 'a to b')
}

async function emptyWrites(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  check(a.write(), 'writev of no chunks should return true')
  await a.send(new Uint8Array(0))
  await a.send(new Uint8Array(0), Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2))
  await b.received(2)
  checkBytes(b.bytes(), Uint8Array.of(1, 2), 'a to b')
}

async function beforeHandle(pair: PairProbe): Promise<void> {
  const a = pair.probe(pair.a)
  const sent = [1, 2, 3].map((seed) => rng(seed).bytes(1000))
  for (const chunk of sent) a.write(chunk)
  await pair.quiet()
  const b = pair.probe(pair.b)
  await b.received(3000)
  checkBytes(b.bytes(), concatBytes(sent), 'a to b')
}

async function handOver(pair: PairProbe): Promise<void> {
  const [a, first] = pair.probes()
  let second: Probe | undefined
  first.onChunk = () => (second ??= pair.probe(pair.b))
  const sent = rng(4).bytes(MIB)
  const sending = a.send(sent)
  await first.received(1)
  checkSame(first.chunks.length, 1, 'chunks for the first handler')
  check(second !== undefined, 'the first handler should have got a chunk')
  await second.received(sent.length - first.receivedBytes)
  await sending
  checkSame(first.chunks.length, 1, 'chunks for the first handler in the end')
  checkBytes(concatBytes([first.bytes(), second.bytes()]), sent, 'a to b')
}

async function pauseAndResume(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  const sent = rng(5).bytes(3000)
  await a.send(sent.subarray(0, 1000))
  await b.received(1000)
  pair.b.pause()
  // A chunk that is in flight already may carry what is sent first.
  a.write(sent.subarray(1000, 2000))
  await pair.quiet()
  const before = b.receivedBytes
  a.write(sent.subarray(2000))
  await pair.quiet()
  checkSame(b.receivedBytes, before, 'bytes received while paused')
  pair.b.resume()
  await b.received(3000)
  checkBytes(b.bytes(), sent, 'a to b')
}

async function pauseBeforeHandle(pair: PairProbe): Promise<void> {
  pair.b.pause()
  const [a, b] = pair.probes()
  a.write(Uint8Array.of(1, 2, 3))
  await pair.quiet()
  checkSame(b.receivedBytes, 0, 'bytes received while paused')
  pair.b.resume()
  await b.received(3)
}

async function addresses(pair: PairProbe): Promise<void> {
  for (const end of [pair.a, pair.b]) {
    checkSame(typeof end.localAddress, 'string', 'type of localAddress')
    checkSame(typeof end.remoteAddress, 'string', 'type of remoteAddress')
  }
}
