import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatTicket, signGrant } from '../src/index.js'
import { flipped, hex } from './support/bytes.js'
import { identityOf } from './support/identities.js'
import { ticketOf, vectorInput } from './support/reference.js'
import { grantTicket, issuer, secretTicket, vectorGrant, vectorPsk, vectorTerms } from './support/vectors.js'
import { runCommand, type Outcome } from '../../../tooling/test-support/run-command.js'

const bin = fileURLToPath(new URL('../bin/astranet-ticket.js', import.meta.url))

/** Runs the command with these arguments and this standard input. */
const run = (args: readonly string[], input?: string): Promise<Outcome> => runCommand(bin, args, input)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astranet-ticket-command-'))
})
afterAll(() => rm(folder, { recursive: true }))

const NODE = 'naqtpmb3yyu4rm cd14b37f956e953194ff7fb73b3d81dcc561d61a7538094b7c3e1a643ee5f3aa'

test('prints a ticket with a grant, without its key', async () => {
  const lines = [
    'addresses: tcp://192.0.2.1:4433 wss://example.com/astranet',
    `expected node: ${NODE}`,
    'holds: a grant and its key (not shown)',
    'grant: 101112131415161718191a1b1c1d1e1f',
    `signed by: ${NODE}`,
    'roles: builder',
    'services: build-* cache',
    'uses: 3',
    'ends: 2030-01-01T00:00:00.000Z',
  ]
  const ends = vectorInput.expiresAt < Date.now() ? ' (over)' : ''
  expect(await run([], `${grantTicket}\n`)).toEqual({
    code: 0,
    out: `${lines.join('\n')}${ends}\n`,
    error: '',
  })
})

test('prints a ticket with the secret as JSON, without the secret', async () => {
  const file = join(folder, 'ticket')
  await writeFile(file, secretTicket)
  const { code, out, error } = await run([file, '--json'])
  expect([code, error]).toEqual([0, ''])
  expect(JSON.parse(out)).toEqual({ addresses: ['tcp://192.0.2.1:4433'], holds: 'secret' })
  expect((await run([file])).out).toContain("holds: the network's secret (not shown)\n")
})

test('prints a grant that is over as JSON, and what its lists leave out', async () => {
  const signer = await identityOf(vectorInput.privateKey)
  const bytes = await signGrant(signer, { id: vectorTerms.id, roles: [], uses: 1, expiresAt: 0 })
  const ticket = formatTicket({ addresses: ['tcp://a:1'], grant: { bytes, psk: vectorPsk } })
  const { out } = await run(['--json'], ticket)
  expect(JSON.parse(out)).toEqual({
    addresses: ['tcp://a:1'],
    holds: 'grant',
    grant: {
      id: hex(vectorTerms.id),
      issuer: { nodeId: 'naqtpmb3yyu4rm', publicKey: hex(issuer) },
      roles: [],
      uses: 1,
      expiresAt: '1970-01-01T00:00:00.000Z',
      isExpired: true,
    },
  })
  expect(out).not.toContain(hex(vectorPsk))
  const { out: lines } = await run([], ticket)
  expect(lines).toContain('expected node: any member\n')
  expect(lines).toContain('roles: none\nservices: all\nuses: 1\nends: 1970-01-01T00:00:00.000Z (over)\n')
})

test('shows no characters that disturb a terminal', async () => {
  const signer = await identityOf(vectorInput.privateKey)
  const bytes = await signGrant(signer, { ...vectorTerms, services: ['a\u202eb'] })
  const { out } = await run([], formatTicket({ addresses: ['tcp://a:1'], grant: { bytes, psk: vectorPsk } }))
  expect(out).toContain('services: a?b\n')
})

test.each([
  ['a ticket that was cut off', grantTicket.slice(0, 99), 'This ticket was cut off: it has 99 of its'],
  [
    'a ticket with a forged grant',
    ticketOf([['tcp://a'], null, flipped(vectorGrant, 8 * vectorGrant.length - 1), vectorPsk, null]),
    'has not signed it',
  ],
  ['nothing', '', 'This ticket is empty'],
  ['more than a ticket', 'x'.repeat(9_000), 'has more than 8192 bytes'],
])('fails for %s', async (_, input, message) => {
  const { code, out, error } = await run([], input)
  expect([code, out]).toEqual([1, ''])
  expect(error).toContain(message)
  expect(error).toMatch(/^astranet-ticket: [^\n]*\n$/)
})

test('takes no ticket as an argument, and does not repeat it', async () => {
  const { code, error } = await run([secretTicket])
  expect(code).toBe(2)
  expect(error).toContain('a ticket is no argument')
  expect(error).not.toContain(secretTicket.slice(20, 40))
})

test('says what is wrong with its arguments, and helps', async () => {
  expect(await run(['a', 'b'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('takes one file, got 2'),
  })
  expect(await run(['--what'])).toMatchObject({ code: 2, error: expect.stringContaining("'--what'") })
  expect(await run([join(folder, 'none')])).toMatchObject({
    code: 1,
    error: expect.stringContaining('ENOENT'),
  })
  expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes') })
})
