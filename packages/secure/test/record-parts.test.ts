import { Probe, synchronousPair, turns } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import { nodeCrypto, webCrypto, type CryptoProvider, type SecurePipe } from '../src/index.js'
import { MAX_RECORD_BYTES } from '../src/proto/records/header.js'
import { asInitiator, asResponder } from './support/pairs.js'
import { tamperingPipe } from './support/tampering-pipe.js'

const providers: [name: string, provider: CryptoProvider][] = [
  ['node:crypto', nodeCrypto],
  ['WebCrypto', webCrypto],
]

const PART_BYTES = 10_000
const plaintext = Uint8Array.from({ length: MAX_RECORD_BYTES }, (_, index) => index % 251)

/** A pair over which a sender by node:crypto has written one record that arrives in parts, as `tamper` makes them. */
async function sentInParts(
  provider: CryptoProvider,
  tamper: (record: Uint8Array) => Uint8Array,
): Promise<{ receiver: Probe; pipe: SecurePipe; arrive(count: number): void; parts: Uint8Array[] }> {
  const { a, b } = synchronousPair()
  let held: Uint8Array[] | undefined
  const arriving = tamperingPipe(b, (chunk) => {
    if (held === undefined) return [chunk]
    held.push(new Uint8Array(chunk))
    return []
  })
  let deliver = (_chunk: Uint8Array): void => undefined
  const { handle } = arriving
  arriving.handle = (handler) => {
    deliver = (chunk) => handler.onData(chunk)
    handle(handler)
  }
  const [sender, pipe] = await Promise.all([asInitiator(a), asResponder(arriving, { provider })])
  const receiver = Probe.on(pipe)
  held = []
  sender.handle(new Probe(sender))
  sender.writev([plaintext])
  const record = tamper(Buffer.concat(held))
  const parts: Uint8Array[] = []
  for (let at = 0; at < record.length; at += PART_BYTES) parts.push(record.slice(at, at + PART_BYTES))
  return { receiver, pipe, parts, arrive: (count) => parts.splice(0, count).forEach(deliver) }
}

const asItIs = (record: Uint8Array): Uint8Array => record

describe.each(providers)('a record in parts, by %s', (_, provider) => {
  test('is delivered when its tag is there, and not a byte before', async () => {
    const { receiver, arrive, parts } = await sentInParts(provider, asItIs)
    arrive(parts.length - 1)
    await turns(5)
    expect(receiver.receivedBytes).toBe(0)
    arrive(1)
    await receiver.received(plaintext.length)
    expect(Buffer.compare(receiver.bytes(), plaintext)).toBe(0)
  })

  test('delivers nothing when a byte of any part or of the tag was changed', async () => {
    for (const at of [4, PART_BYTES, MAX_RECORD_BYTES, MAX_RECORD_BYTES + 4, MAX_RECORD_BYTES + 19]) {
      const { receiver, arrive, parts } = await sentInParts(provider, (record) => {
        const changed = new Uint8Array(record)
        changed[at] = (changed[at] as number) ^ 1
        return changed
      })
      arrive(parts.length)
      expect(await receiver.closed(), `byte ${at}`).toMatchObject({ code: 'ASTRA_ERR_SECURE_TAMPERED' })
      expect(receiver.receivedBytes).toBe(0)
    }
  })
})

test('a user who pauses in the middle of a record gets the rest when it resumes, and nothing after an abort', async () => {
  for (const isAborted of [false, true]) {
    const { receiver, pipe, arrive, parts } = await sentInParts(nodeCrypto, asItIs)
    receiver.onChunk = () => pipe.pause()
    arrive(parts.length)
    await turns(5)
    const { receivedBytes } = receiver
    expect(receivedBytes).toBeLessThanOrEqual(PART_BYTES)
    receiver.onChunk = undefined
    if (isAborted) receiver.outside(() => pipe.abort(new Error('not interested')))
    pipe.resume()
    if (!isAborted) await receiver.received(plaintext.length)
    else await receiver.closed()
    expect(receiver.receivedBytes).toBe(isAborted ? receivedBytes : plaintext.length)
    expect(receiver.violations).toEqual([])
  }
})
