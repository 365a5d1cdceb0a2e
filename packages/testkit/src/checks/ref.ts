import { checkSame } from '../assert.js'
import type { PairProbe } from '../pair-probe.js'
import type { Check } from '../runner.js'

const BYTES = 3 << 20

/** `ref` and `unref`, where the pipe has them: they change what keeps a process alive, and nothing else. */
export const refChecks: readonly Check<PairProbe>[] = [
  { name: 'delivers everything when it is unref and ref at any time', run: delivers },
  { name: 'can be unref and ref when it has closed', run: afterClose },
]

async function delivers(pair: PairProbe): Promise<void> {
  pair.a.unref?.()
  const [a, b] = pair.probes()
  for (let sent = 0; sent < BYTES; sent += BYTES / 3) {
    pair.a.unref?.()
    await a.send(new Uint8Array(BYTES / 3))
    pair.a.ref?.()
    pair.a.ref?.()
  }
  await b.received(BYTES)
  await b.send(Uint8Array.of(1))
  await a.received(1)
}

async function afterClose(pair: PairProbe): Promise<void> {
  const [a] = pair.probes()
  pair.a.abort(new Error('enough'))
  pair.a.unref?.()
  await a.closed()
  pair.a.ref?.()
  pair.a.unref?.()
  await pair.quiet()
  checkSame(a.closes, 1, 'calls of onClose')
}
