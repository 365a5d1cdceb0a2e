import { systemClock } from '@astranet/interface'
import { byteDuplexSuite, synchronousPair, type DuplexPair } from '@astranet/testkit'
import { rng, simLink } from '@astranet/testkit/sim'
import { describe, it } from 'vitest'
import { nodeCrypto, webCrypto, type CryptoProvider } from '../src/index.js'
import { by, securePair, tcpPair } from './support/pairs.js'

const providers: readonly [name: string, a: CryptoProvider, b: CryptoProvider][] = [
  ['node:crypto', nodeCrypto, nodeCrypto],
  ['WebCrypto', webCrypto, webCrypto],
  ['node:crypto and WebCrypto', nodeCrypto, webCrypto],
]

const pipes: readonly [name: string, createPair: () => DuplexPair | Promise<DuplexPair>][] = [
  ['TCP sockets', () => tcpPair()],
  ['TCP sockets without half-close', () => tcpPair({ halfClose: false })],
  ['a synchronous pair', () => synchronousPair()],
  ['a synchronous pair without half-close', () => synchronousPair({ halfClose: false })],
  ['a simulated link', () => simLink(systemClock)],
  ['a simulated link that splits', () => simLink(systemClock, { rng: rng(1), maxPieceBytes: 100_000 })],
  ['a simulated link without half-close', () => simLink(systemClock, { halfClose: false })],
]

for (const [provider, a, b] of providers) {
  for (const [pipe, createPair] of pipes) {
    byteDuplexSuite({
      name: `records over ${pipe}, by ${provider}`,
      createPair: async () => securePair(await createPair(), by(a), by(b)),
      runner: { describe, it },
    })
  }
}
