import { checkBytes } from '../assert.js'
import type { Check } from '../runner.js'
import { rng } from '../sim/rng.js'
import type { TransportProbe } from '../transport-probe.js'

const CONNECTIONS = 100

/** Many connections at once. */
export const connectionChecks: readonly Check<TransportProbe>[] = [
  { name: `carries ${CONNECTIONS} connections at once, each its own bytes`, run: many },
  { name: 'closes both ends cleanly when both end', run: endsCleanly },
]

async function many(probe: TransportProbe): Promise<void> {
  const { listener, accept } = await probe.listen()
  const numbers = Array.from({ length: CONNECTIONS }, (_, index) => index)
  const echoing = numbers.map(async () => {
    const echo = probe.probe(await accept())
    echo.onChunk = (chunk) => void echo.write(chunk)
  })
  await Promise.all([...echoing, ...numbers.map((seed) => dialAndCompare(probe, listener.address, seed))])
}

async function dialAndCompare(probe: TransportProbe, address: string, seed: number): Promise<void> {
  const client = probe.probe(await probe.dial(address))
  const sent = rng(seed).bytes(10_000)
  await client.send(sent)
  await client.received(sent.length)
  checkBytes(client.bytes(), sent, `connection ${seed}`)
}

async function endsCleanly(probe: TransportProbe): Promise<void> {
  const { a, b } = await probe.connect()
  const ends = [probe.probe(a), probe.probe(b)]
  for (const end of ends) end.duplex.end()
  await Promise.all(ends.map((end) => end.closed()))
}
