import { Session, type Stream } from '@astranet/mux'
import { byteDuplexSuite } from '@astranet/testkit'
import { afterEach, describe, expect, it, test } from 'vitest'
import { Chain, duplexOf } from './support/chain.js'
import { settled } from './support/until.js'

const open: Chain[] = []

afterEach(async () => {
  for (const chain of open.splice(0)) await chain[Symbol.asyncDispose]()
})

for (const routers of [0, 1, 2]) {
  byteDuplexSuite({
    name: `a tunnel through ${routers} routers`,
    runner: { describe, it },
    security: { isPrivate: false, hasExporter: false },
    async createPair() {
      const chain = await Chain.of(routers)
      open.push(chain)
      return await chain.duplexes()
    },
  })
}

test('what is written to a session in a tunnel leaves in the same turn of the event loop', async () => {
  const chain = await Chain.of(0)
  open.push(chain)
  const { near, far } = await chain.streams()
  let known!: (stream: Stream) => void
  const arrived = new Promise<Stream>((resolve) => (known = resolve))
  const inner = new Session(duplexOf(near), { role: 'client' })
  new Session(duplexOf(far), { role: 'server', handler: { onStream: known } })
  const stream = await inner.openStream()
  stream.write(new Uint8Array(1))
  await arrived
  await settled(() => near.stream.sentBytes)
  const before = near.stream.sentBytes
  stream.write(new Uint8Array(100))
  await new Promise((resolve) => setImmediate(resolve))
  expect(near.stream.sentBytes).toBeGreaterThanOrEqual(before + 100)
})
