import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { Probe, synchronousPair } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { nodeAead } from '../src/nodejs/node-aead.js'
import { releaseMemory } from '../src/nodejs/release-memory.js'
import { asInitiator, asResponder } from './support/pairs.js'
import { tamperingPipe } from './support/tampering-pipe.js'

const LARGE = 65_536

describe('memory is released', () => {
  test('of a buffer that is large and whole', () => {
    const bytes = new Uint8Array(LARGE)
    releaseMemory(bytes)
    expect(bytes.length).toBe(0)
    // A second time does no harm.
    releaseMemory(bytes)
  })

  test('of a ciphertext of node:crypto', () => {
    const bytes = nodeAead
      .seal(new Uint8Array(32), new Uint8Array(12), new Uint8Array(4))
      .update(new Uint8Array(LARGE))
    releaseMemory(bytes)
    expect(bytes.length).toBe(0)
  })

  test.each([
    ['a view of a part', new Uint8Array(2 * LARGE).subarray(0, LARGE)],
    ['a small buffer', new Uint8Array(100)],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(LARGE))],
  ])('not of %s', (_, bytes) => {
    const { length } = bytes
    releaseMemory(bytes)
    expect(bytes.length).toBe(length)
  })
})

describe('a sender', () => {
  /** A pair whose sender writes to a pipe that answers `isTaken`, and what that pipe was given. */
  async function senderOver(isTaken: () => boolean): Promise<{
    write(bytes: Uint8Array): boolean
    drain(): void
    written: Uint8Array[]
  }> {
    const { a, b } = synchronousPair()
    const written: Uint8Array[] = []
    let isHeld = false
    let handler: ByteDuplexHandler | undefined
    const pipe: ByteDuplex = {
      ...tamperingPipe(a, (chunk) => [chunk]),
      handle(given) {
        handler = given
        a.handle(given)
      },
      writev(chunks) {
        if (!isHeld) return a.writev(chunks)
        written.push(...chunks)
        return isTaken()
      },
    }
    const [sender] = await Promise.all([asInitiator(pipe), asResponder(b)])
    Probe.on(sender)
    isHeld = true
    return { write: (bytes) => sender.writev([bytes]), drain: () => handler?.onDrain(), written }
  }

  const lengths = (buffers: readonly Uint8Array[]): number =>
    buffers.reduce((sum, { length }) => sum + length, 0)

  test('releases a record that the pipe has taken', async () => {
    const { write, written } = await senderOver(() => true)
    expect(write(new Uint8Array(LARGE))).toBe(true)
    expect(lengths(written)).toBeLessThan(LARGE)
  })

  test('keeps a record until the pipe has drained', async () => {
    const { write, drain, written } = await senderOver(() => false)
    expect(write(new Uint8Array(LARGE))).toBe(false)
    expect(lengths(written)).toBe(LARGE + 20)
    drain()
    expect(lengths(written)).toBeLessThan(LARGE)
  })

  test('does not release what its user wrote', async () => {
    const { write } = await senderOver(() => true)
    const bytes = new Uint8Array(LARGE)
    write(bytes)
    expect(bytes.length).toBe(LARGE)
  })
})

test('a receiver releases neither what arrives, which others may see too, nor what it delivers', async () => {
  const { a, b } = synchronousPair()
  const arrived: Uint8Array[] = []
  const tampering = tamperingPipe(b, (chunk) => {
    arrived.push(chunk)
    return [chunk]
  })
  const [sender, receiver] = await Promise.all([asInitiator(a), asResponder(tampering)])
  Probe.on(sender).write(new Uint8Array(LARGE).fill(7))
  const probe = Probe.on(receiver)
  await probe.received(LARGE)
  expect(arrived.some(({ length }) => length >= LARGE)).toBe(true)
  expect(probe.bytes()).toEqual(new Uint8Array(LARGE).fill(7))
})
