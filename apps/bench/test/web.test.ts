import { expect, test } from 'vitest'
import { httpWork } from '../src/web/http-work.js'
import { webPeers } from '../src/web/web-peers.js'

test.each(webPeers.map((peer) => [peer.name, peer] as const))('%s answers all requests', async (_, peer) => {
  const sizes = httpWork.sizes(0.001)
  const address = await peer.serve(Buffer.alloc(sizes.answerBytes, 'x'))
  const values = new Map<string, number>()
  await httpWork.run({
    ...{ peer, address, sizes },
    progress: () => undefined,
    report: (metric, value) => values.set(metric, value),
    cpu: () => Promise.resolve({ client: 0, server: 0 }),
  })
  expect([...values.keys()].sort()).toEqual(
    httpWork
      .metrics(sizes)
      .map(({ name }) => name)
      .sort(),
  )
})
