import { generateIdentity, secure } from '@astranet/secure'
import { byteDuplexSuite, type DuplexPair } from '@astranet/testkit'
import { describe, it } from 'vitest'
import { ways, type Way } from './every-transport.js'

const identities = Promise.all([generateIdentity(), generateIdentity()])

const psk = new Uint8Array(32).fill(7)

/** Encrypted pipes over a new pipe of this kind, as links with a secret make them. */
async function secured(way: Way): Promise<DuplexPair> {
  const { a, b } = await way.pipes()
  const [identity, other] = await identities
  const [initiator, responder] = await Promise.all([
    secure(a, { role: 'initiator', identity, psk }),
    secure(b, { role: 'responder', identity: other, psk }),
  ])
  return { a: initiator, b: responder }
}

for (const way of ways) {
  byteDuplexSuite({
    name: `encrypted over ${way.name}`,
    createPair: () => secured(way),
    runner: { describe, it },
  })
}
