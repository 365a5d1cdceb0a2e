import { byteDuplexSuite, transportSuite, type DuplexPair } from '@astranet/testkit'
import { memory, memoryPair, type MemoryPairOptions } from '@astranet/transport-memory'
import { describe, it } from 'vitest'

const runner = { describe, it }

/** The bytes never leave the process. */
const security = { isPrivate: true, hasExporter: false }
const common = { runner, security }

transportSuite({
  name: 'memory',
  network: 'memory',
  listenAddress: ':0',
  // Every other string is a name.
  badAddresses: [],
  createTransport: memory,
  createUnanswered: () => ({ transport: memory({ delayMs: 1_000_000_000 }), address: 'far-away' }),
  ...common,
})

const pairOf = (options: MemoryPairOptions) => (): DuplexPair => {
  const [a, b] = memoryPair(options)
  return { a, b }
}

byteDuplexSuite({
  name: 'a pair with a buffer of one byte',
  createPair: pairOf({ bufferBytes: 1 }),
  ...common,
})
byteDuplexSuite({ name: 'a pair without half-close', createPair: pairOf({ halfClose: false }), ...common })
byteDuplexSuite({ name: 'a pair with a rate', createPair: pairOf({ bytesPerSecond: 1e9 }), ...common })
