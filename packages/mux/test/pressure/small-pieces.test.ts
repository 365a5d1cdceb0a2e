import { expect, it } from 'vitest'
import { BLOCK_OVERHEAD_BYTES, ReceiveQueue } from '../../src/proto/receive/queue.js'

it('small pieces that wait share one block: holding them costs twice their bytes and one overhead', () => {
  const queue = new ReceiveQueue()
  const sent = new Uint8Array(4_000).map((_, index) => index * 7)
  for (let at = 0; at < sent.length; at++) {
    queue.push(sent, at, at + 1)
    expect(queue.heldBytes).toBeLessThanOrEqual(Math.max(64, 2 * queue.bytes) + BLOCK_OVERHEAD_BYTES)
  }
  expect(queue.shift()).toEqual(sent)
  expect([queue.bytes, queue.heldBytes, queue.shift()]).toEqual([0, 0, undefined])
})
