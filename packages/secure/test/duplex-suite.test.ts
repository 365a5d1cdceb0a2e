import { systemClock } from '@astranet/interface'
import { byteDuplexSuite, lendingDuplex, synchronousPair, type DuplexPair } from '@astranet/testkit'
import { rng, simLink } from '@astranet/testkit/sim'
import { describe, it } from 'vitest'
import { nodeCrypto, webCrypto, type CryptoProvider } from '../src/index.js'
import { by, securePair, tcpPair } from './support/pairs.js'

type Pipe = readonly [name: string, createPair: () => DuplexPair | Promise<DuplexPair>]

const tcp: Pipe = ['TCP sockets', () => tcpPair()]
const synchronous: Pipe = ['a synchronous pair', () => synchronousPair()]
const splitting: Pipe = [
  'a simulated link that splits',
  () => simLink(systemClock, { rng: rng(1), maxPieceBytes: 100_000 }),
]
const lending: Pipe = [
  'a simulated link that lends its chunks',
  () => {
    const { a, b } = simLink(systemClock, { rng: rng(1), maxPieceBytes: 100_000 })
    return { a: lendingDuplex(a), b: lendingDuplex(b) }
  },
]
const tcpThatCloses: Pipe = ['TCP sockets without half-close', () => tcpPair({ halfClose: false })]
const synchronousThatCloses: Pipe = [
  'a synchronous pair without half-close',
  () => synchronousPair({ halfClose: false }),
]

const suites: readonly [name: string, a: CryptoProvider, b: CryptoProvider, pipes: readonly Pipe[]][] = [
  [
    'node:crypto',
    nodeCrypto,
    nodeCrypto,
    [tcp, tcpThatCloses, synchronous, synchronousThatCloses, splitting, lending],
  ],
  ['WebCrypto', webCrypto, webCrypto, [tcp, synchronousThatCloses, splitting, lending]],
  ['node:crypto and WebCrypto', nodeCrypto, webCrypto, [tcp]],
]

for (const [provider, a, b, pipes] of suites) {
  for (const [pipe, createPair] of pipes) {
    byteDuplexSuite({
      name: `records over ${pipe}, by ${provider}`,
      createPair: async () => securePair(await createPair(), by(a), by(b)),
      runner: { describe, it },
    })
  }
}
