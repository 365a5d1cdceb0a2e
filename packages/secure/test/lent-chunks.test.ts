import { concatBytes, type ByteDuplexHandler } from '@astranet/interface'
import { lendingDuplex, Probe, synchronousPair } from '@astranet/testkit'
import { expect, test } from 'vitest'
import type { SecurePipe } from '../src/index.js'
import { asInitiator, asResponder } from './support/pairs.js'
import { tamperingPipe } from './support/tampering-pipe.js'

const LARGE = 65_536

/** A pair of which one end is lent chunks; from `gather` on, each such chunk has three records. */
async function pair(): Promise<{ sender: SecurePipe; receiver: SecurePipe; gather: () => void }> {
  const { a, b } = synchronousPair()
  const held: Uint8Array[] = []
  let isGathering = false
  const gathering = tamperingPipe(b, (chunk) => {
    if (!isGathering) return [chunk]
    held.push(chunk)
    return held.length < 3 ? [] : [concatBytes(held.splice(0))]
  })
  const [sender, receiver] = await Promise.all([asInitiator(a), asResponder(lendingDuplex(gathering))])
  Probe.on(sender)
  return { sender, receiver, gather: () => (isGathering = true) }
}

function handlerOf(parts: Partial<ByteDuplexHandler>): ByteDuplexHandler {
  return {
    onData: () => undefined,
    onDrain: () => undefined,
    onEnd: () => undefined,
    onClose: () => undefined,
    ...parts,
  }
}

/** What a user gets that does `next` after each chunk. */
function recorded(receiver: SecurePipe, next: (received: readonly number[]) => void): number[] {
  const received: number[] = []
  const onData = (chunk: Uint8Array): void => {
    received.push(...chunk)
    next(received)
  }
  receiver.handle(handlerOf({ onData }))
  return received
}

test('what a paused user leaves of a lent chunk is copied', async () => {
  const { sender, receiver, gather } = await pair()
  const received = recorded(receiver, () => receiver.pause())
  gather()
  for (const byte of [1, 2, 3]) sender.writev([Uint8Array.of(byte, byte)])
  expect(received).toEqual([1, 1])
  receiver.resume()
  receiver.resume()
  expect(received).toEqual([1, 1, 2, 2, 3, 3])
})

test('what a user that throws leaves of a lent chunk is copied', async () => {
  const { sender, receiver, gather } = await pair()
  const received = recorded(receiver, ({ length }) => {
    if (length === 2) throw new Error('the user failed')
  })
  gather()
  const send = (): void => {
    for (const byte of [1, 2, 3]) sender.writev([Uint8Array.of(byte, byte)])
  }
  expect(send).toThrow('the user failed')
  receiver.resume()
  expect(received).toEqual([1, 1, 2, 2, 3, 3])
})

test('what arrives while the user is paused is copied', async () => {
  const { sender, receiver } = await pair()
  const received = recorded(receiver, () => undefined)
  receiver.pause()
  for (const byte of [1, 2, 3]) sender.writev([Uint8Array.of(byte)])
  receiver.resume()
  expect(received).toEqual([1, 2, 3])
})

test.each([true, false])(
  'a user that returns its chunks (%j) has them for the call',
  async (returnsChunks) => {
    const { sender, receiver } = await pair()
    const chunks: Uint8Array[] = []
    const sums: number[] = []
    receiver.handle(
      handlerOf({
        returnsChunks,
        onData(chunk) {
          chunks.push(chunk)
          sums.push(chunk.reduce((sum, byte) => sum + byte, 0))
        },
      }),
    )
    sender.writev([new Uint8Array(LARGE).fill(1)])
    expect(sums).toEqual([LARGE])
    expect(chunks.map(({ length }) => length)).toEqual([returnsChunks ? 0 : LARGE])
  },
)
