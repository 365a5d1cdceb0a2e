import { check, checkSame } from '../assert.js'
import type { PairProbe } from '../pair-probe.js'
import type { Probe } from '../probe.js'
import type { Check } from '../runner.js'

const reason = new Error('enough')

/** `abort`, from every state. */
export const closingChecks: readonly Check<PairProbe>[] = [
  {
    name: 'gives its own side the reason of the first abort, once and not from inside the call',
    run: firstReason,
  },
  { name: 'closes or ends the other side of an abort', run: otherSide },
  { name: 'delivers nothing after an abort, and takes writes and ends without effect', run: inert },
  { name: 'closes at once when aborted with bytes that nobody reads', run: withUnsent },
  { name: 'can be aborted by both sides at once', run: bothAbort },
  { name: 'can be aborted from inside onData', run: fromInside },
  { name: 'can be aborted after it has ended', run: afterEnd },
  { name: 'tells a close that came before it was handled', run: beforeHandle },
]

async function firstReason(pair: PairProbe): Promise<void> {
  const [a] = pair.probes()
  a.outside(() => pair.a.abort(reason))
  a.outside(() => pair.a.abort(new Error('again')))
  checkSame(a.closes, 0, 'calls of onClose in the turn of the abort')
  checkSame(await a.closed(), reason, 'reason')
  pair.a.abort(new Error('and again'))
  await pair.quiet()
  checkSame(a.closes, 1, 'calls of onClose')
}

async function otherSide(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  await a.send(Uint8Array.of(1))
  await b.received(1)
  pair.a.abort(reason)
  await overFor(b)
}

async function inert(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  pair.a.abort(reason)
  check(a.write(Uint8Array.of(1)), 'writev after abort should return true')
  b.write(Uint8Array.of(2))
  pair.a.end()
  pair.a.pause()
  pair.a.resume()
  checkSame(await a.closed(), reason, 'reason')
  check(a.write(Uint8Array.of(1)), 'writev after onClose should return true')
  pair.a.end()
  await overFor(b)
  checkSame(a.receivedBytes + b.receivedBytes, 0, 'bytes received')
}

async function withUnsent(pair: PairProbe): Promise<void> {
  pair.b.pause()
  const [a, b] = pair.probes()
  a.write(new Uint8Array(32 << 20))
  pair.a.abort(reason)
  checkSame(await a.closed(), reason, 'reason')
  checkSame(pair.a.bufferedBytes, 0, 'bufferedBytes after onClose')
  pair.b.resume()
  await overFor(b)
  check(b.receivedBytes < 32 << 20, 'an abort should drop what is buffered')
}

async function bothAbort(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  a.write(new Uint8Array(100_000))
  pair.a.abort(reason)
  // Without a turn between the ends this one has closed already.
  const isBroken = b.closes > 0
  pair.b.abort(reason)
  checkSame(await a.closed(), reason, "a's reason")
  if (isBroken) check(b.closeReason !== undefined, 'an abort should not look like a clean end')
  else checkSame(await b.closed(), reason, "b's reason")
}

async function fromInside(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  b.onChunk = () => b.outside(() => pair.b.abort(reason))
  a.write(new Uint8Array(1 << 20))
  checkSame(await b.closed(), reason, 'reason')
  checkSame(b.chunks.length, 1, 'chunks received')
  await overFor(a)
}

async function afterEnd(pair: PairProbe): Promise<void> {
  const [a, b] = pair.probes()
  pair.a.end()
  const isOver = a.closes > 0
  pair.a.abort(reason)
  checkSame(await a.closed(), isOver ? undefined : reason, 'reason')
  await overFor(b)
}

async function beforeHandle(pair: PairProbe): Promise<void> {
  pair.a.abort(reason)
  pair.a.end()
  await pair.quiet()
  checkSame(await pair.probe(pair.a).closed(), reason, 'reason')
}

/** Some pipes report at the other end that they broke, and some only an end. */
async function overFor(probe: Probe): Promise<void> {
  await probe.until('onClose or onEnd', () => probe.closes > 0 || probe.hasEnded)
  if (probe.closes === 0) return
  check(
    !probe.duplex.capabilities.halfClose || probe.closeReason !== undefined,
    'an abort should not look like a clean end',
  )
}
