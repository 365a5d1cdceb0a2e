import { turn } from '@astranet/testkit'
import { describe, expect, test } from 'vitest'
import type { SecureOptions, SecureRole } from '../src/index.js'
import { hex } from './support/bytes.js'
import { joined } from './fuzz/known-crypto.js'
import { Victim } from './fuzz/victim.js'
import { makeWorlds, PLAINTEXTS, withPromises, type World } from './fuzz/worlds.js'

const worlds = await makeWorlds()

/** A world without a secret and one with it: the first message has another length. */
const chosen: [name: string, world: World][] = [
  ['without a secret', worlds.find(({ psk }) => psk === undefined) as World],
  ['with a secret', worlds.find(({ psk }) => psk !== undefined) as World],
]

const roles: readonly SecureRole[] = ['initiator', 'responder']

const ways: [name: string, change: (options: SecureOptions) => SecureOptions][] = [
  ['within the call', (options) => options],
  ['by promises', withPromises],
]

/** How a side ended that was given a stream, after which its peer ended. */
interface Received {
  readonly plaintext: string
  readonly hasReadEnd: boolean
  readonly code: unknown
}

async function receive(options: SecureOptions, chunks: readonly Uint8Array[]): Promise<Received> {
  const victim = new Victim(options)
  await victim.receive(chunks.filter(({ length }) => length > 0))
  victim.pipe.endByPeer()
  await turn()
  await turn()
  expect(victim.violations).toEqual([])
  expect(victim.pipe.isClosed).toBe(true)
  const { plaintext, hasReadEnd, error, closed } = victim
  return { plaintext: hex(plaintext), hasReadEnd, code: (error ?? closed?.reason)?.code }
}

describe.each(chosen)('%s', (_name, world) => {
  describe.each(roles)('a stream to the %s', (role) => {
    const units = world.unitsTo[role]
    const stream = joined(units)

    test.each(ways)('arrives whole at every split, opened %s', async (_way, change) => {
      const whole = { plaintext: hex(joined(PLAINTEXTS)), hasReadEnd: true, code: undefined }
      for (let at = 0; at <= stream.length; at++) {
        const chunks = [stream.subarray(0, at), stream.subarray(at)]
        expect(await receive(change(world.options(role)), chunks), `split at ${at}`).toEqual(whole)
      }
    })

    test.each(ways)('that ends at any byte is never a clean end, opened %s', async (_way, change) => {
      const messages = units.length - PLAINTEXTS.length
      for (let length = 0; length < stream.length; length++) {
        let intact = 0
        while (joined(units.slice(0, intact + 1)).length <= length) intact++
        expect(
          await receive(change(world.options(role)), [stream.subarray(0, length)]),
          `${length} bytes`,
        ).toEqual({
          plaintext: hex(joined(PLAINTEXTS.slice(0, Math.max(0, intact - messages)))),
          hasReadEnd: false,
          code: 'ASTRA_ERR_SECURE_TRUNCATED',
        })
      }
    })
  })
})
