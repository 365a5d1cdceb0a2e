import { networkInterfaces } from 'node:os'
import { Duplex, PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { AstraNet, generateSecret, type AstraNetOptions } from '../src/index.js'
import { offerEcho, speak } from './attacks/talk.js'
import { Wire } from './attacks/wire.js'

// Somebody who sees every byte between two nodes looks for what they say.

const secret = generateSecret()

/** An address by which other machines reach this one. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

interface Sighting {
  readonly network: string
  readonly host: string
  readonly server?: AstraNetOptions
  readonly client?: AstraNetOptions
}

/** How often the text and the name of the service passed in the clear while one node dialed the other. */
async function sightings({ network, host, server = {}, client = {} }: Sighting): Promise<number> {
  await using far = new AstraNet(server)
  await using near = new AstraNet(client)
  const { address } = await far.listenAndServe(network, `${host}:0`, { onError() {} })
  await using wire = await Wire.to(address)
  const talk = await offerEcho(far)
  await near.join(network, wire.address)
  await speak(near, talk)
  // The same look finds what is sent in the clear: the beginning of the preamble.
  expect(wire.count('ASTR', 'back')).toBe(1)
  const texts = [talk.text, talk.name]
  return texts.reduce((sum, text) => sum + wire.count(text, 'forth') + wire.count(text, 'back'), 0)
}

const networks = ['tcp4', 'ws']
const always = { encryption: 'always' } as const

describe.each(networks)('over %s', (network) => {
  test('nothing can be read between machines, with and without a secret', async (context) => {
    if (outside === undefined) return context.skip('this machine has no IPv4 address but those of loopback')
    for (const options of [{}, { secret }])
      expect(await sightings({ network, host: outside, server: options, client: options })).toBe(0)
  })

  test('nothing can be read by a program that forwards a loopback port', async () => {
    const host = '127.0.0.1'
    expect(await sightings({ network, host })).toBe(0)
    expect(await sightings({ network, host, client: always })).toBe(0)
    expect(await sightings({ network, host, server: always })).toBe(0)
    const member = { ...always, secret }
    expect(await sightings({ network, host, server: member, client: { secret } })).toBe(0)
  })
})

/** The two ends of a pipe of Node streams, and what passes over it. */
function tappedPipe(): { near: Duplex; far: Duplex; seen: Buffer[] } {
  const [there, back] = [new PassThrough(), new PassThrough()]
  const seen: Buffer[] = []
  for (const stream of [there, back]) {
    const write = stream._transform.bind(stream)
    stream._transform = (chunk: Buffer, encoding, callback) => {
      seen.push(Buffer.from(chunk))
      write(chunk, encoding, callback)
    }
  }
  return {
    near: Duplex.from({ readable: back, writable: there }),
    far: Duplex.from({ readable: there, writable: back }),
    seen,
  }
}

test.each<[string, { security?: { isPrivate: boolean } }, boolean]>([
  ['of which nothing is known is encrypted', {}, false],
  ['that both sides call private is not', { security: { isPrivate: true } }, true],
])('an attached pipe %s', async (_, options, isReadable) => {
  await using one = new AstraNet()
  await using other = new AstraNet()
  const talk = await offerEcho(other)
  const { near, far, seen } = tappedPipe()
  await Promise.all([one.attach(near, options), other.attach(far, options)])
  await speak(one, talk)
  expect(Buffer.concat(seen).includes(talk.text)).toBe(isReadable)
  expect(Buffer.concat(seen).includes(talk.name)).toBe(isReadable)
})
