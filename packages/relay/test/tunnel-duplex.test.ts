import { byteDuplexSuite } from '@astranet/testkit'
import { afterEach, describe, it } from 'vitest'
import { Chain } from './support/chain.js'

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
