import { createHook } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import { Duplex, PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { expect, test } from 'vitest'
import { AstraNet, generateSecret, type AstraNetOptions } from '../src/index.js'
import { memberTls } from './certificates.js'
import { failure, turns, until } from './support.js'

const secret = generateSecret()
const tls = memberTls()
const wss = ws({ tls })

type Code = Error & { readonly code?: string }

/** What both sides get when `client` joins `server`, and that neither has a link. */
async function refusals(
  server: AstraNetOptions,
  client: AstraNetOptions,
  network: string,
): Promise<{ joining: string | undefined; listening: (string | undefined)[] }> {
  await using far = new AstraNet(server)
  await using near = new AstraNet(client)
  const listening: (string | undefined)[] = []
  const { address } = await far.listenAndServe(network, network === 'unix' ? '*' : '127.0.0.1:0', {
    onError: ({ code }: Code) => void listening.push(code),
  })
  const joining = await failure(near.join(network, address))
  await until(() => listening.length > 0)
  expect([far.routes(), near.routes()]).toEqual([[], []])
  return { joining: joining.code, listening }
}

const other = generateSecret()
const AUTHENTICATION = 'ASTRA_ERR_LINK_AUTHENTICATION'

test.each<[string, AstraNetOptions, AstraNetOptions, string, string]>([
  ['with another secret over tcp4', { secret }, { secret: other }, 'tcp4', AUTHENTICATION],
  ['with another secret over a Unix socket', { secret }, { secret: other }, 'unix', AUTHENTICATION],
  [
    'with another secret over wss',
    { secret, transports: [wss] },
    { secret: other, transports: [wss] },
    'wss',
    AUTHENTICATION,
  ],
  ['without a secret over wss', { secret, transports: [wss] }, { transports: [wss] }, 'wss', AUTHENTICATION],
  [
    'with a certificate and without the secret',
    { secret, transports: [tcp({ tls })] },
    { transports: [tcp({ tls })] },
    'tcp4',
    AUTHENTICATION,
  ],
  ['without a secret over tcp4', { secret }, {}, 'tcp4', AUTHENTICATION],
])('a node %s is refused, and both sides get the reason', async (_, server, client, network, code) => {
  expect(await refusals(server, client, network)).toEqual({ joining: code, listening: [code] })
  // And the other way round: the dialer sends nothing to a listener that has not proved itself.
  expect(await refusals(client, server, network)).toEqual({ joining: code, listening: [code] })
})

/** The two ends of a pipe in memory. */
function pipe(): [Duplex, Duplex] {
  const [there, back] = [new PassThrough(), new PassThrough()]
  return [Duplex.from({ readable: back, writable: there }), Duplex.from({ readable: there, writable: back })]
}

test('each side of an attached pipe proves the secret', async () => {
  await using a = new AstraNet({ secret })
  await using b = new AstraNet({ secret })
  const [near, far] = pipe()
  const both = [a.attach(near), b.attach(far)]
  expect(await Promise.all(both)).toEqual([b.nodeId, a.nodeId])

  await using outsider = new AstraNet()
  const [ours, theirs] = pipe()
  const results = await Promise.allSettled([a.attach(ours), outsider.attach(theirs)])
  expect(results).toMatchObject([{ reason: { code: AUTHENTICATION } }, { reason: { code: AUTHENTICATION } }])
})

test('the secret is stretched once for all links of a node, and not before the first', async () => {
  const stretched: string[] = []
  const hook = createHook({
    init: (_id, type) => void (/^(SCRYPT|PBKDF2)/.test(type) && stretched.push(type)),
  }).enable()
  await using server = new AstraNet({ secret })
  await using first = new AstraNet({ secret })
  await turns(3)
  expect(stretched).toEqual([])
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await first.join('tcp4', address)
  const afterFirst = stretched.length
  // One for each of the two nodes.
  expect(stretched).toEqual(['PBKDF2REQUEST', 'PBKDF2REQUEST'])
  await first.close()
  for (let count = 0; count < 3; count++) {
    await using again = new AstraNet()
    await failure(again.join('tcp4', address))
  }
  expect(stretched.slice(afterFirst)).toEqual([])
  hook.disable()
})

test('a node with a secret is not warned of an open door, whatever its transports say', async () => {
  const codes: unknown[] = []
  const onWarning = (warning: Code): void => void codes.push(warning.code)
  process.on('warning', onWarning)
  await using node = new AstraNet({ secret, transports: [tcp(), ws({ tls })] })
  await node.listenAndServe('tcp4', '0.0.0.0:0')
  await node.listenAndServe('wss', ':0')
  await turns(3)
  process.off('warning', onWarning)
  expect(codes).toEqual([])
})

/** Runs `astranet-secret` with these arguments. */
function secretCommand(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const bin = fileURLToPath(new URL('../bin/astranet-secret.js', import.meta.url))
  const loader = new URL('../../../tooling/test-support/typescript-loader.mjs', import.meta.url).href
  const node = ['--conditions=@astranet/source', '--import', loader, bin]
  return spawnSync(process.execPath, [...node, ...args], { encoding: 'utf8' })
}

test('the command astranet-secret refuses arguments, and makes no secret then', () => {
  const help = secretCommand('--help')
  expect(help).toMatchObject({ status: 0, stderr: '' })
  expect(help.stdout).toMatch(/^Prints a new secret[^]*astranet-secret > network\.secret[^]*Exit codes/)
  for (const argument of ['--bogus', 'network.secret']) {
    const { status, stdout, stderr } = secretCommand(argument)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^astranet-secret: [^\n]+\nTry astranet-secret --help\.\n$/)
    expect(stderr).toContain(`'${argument}'`)
  }
})

test('the command astranet-secret prints a secret on one line, each time another', () => {
  const [first, second] = [secretCommand().stdout, secretCommand().stdout]
  expect(first).toMatch(/^[\w-]{43}\n$/)
  expect(second).not.toBe(first)
  expect(new AstraNet({ secret: first.trim() })).toBeInstanceOf(AstraNet)
})

test('a secret that is none is named', () => {
  expect(() => new AstraNet({ secret: 'short' })).toThrow(
    /^The value of "options\.secret" is out of range\. It must be at least 16 characters: the command astranet-secret makes a good one/,
  )
  for (const each of [`${secret}\n`, ` ${secret}`]) {
    const message = /'options\.secret' must not begin or end with white space/
    expect(() => new AstraNet({ secret: each })).toThrow(message)
    expect(() => new AstraNet({ secret: each })).not.toThrow(secret)
  }
  expect(() => new AstraNet({ secret: 5 as never })).toThrow(
    /^The "options\.secret" property must be of type string/,
  )
})
