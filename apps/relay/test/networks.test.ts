import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { describe, expect, test } from 'vitest'
import { RelayProcess } from './relay-process.js'
import { failure, file, folder, user } from './support.js'

/** Certificates of the tests of the TCP transport. */
function certificate(name: string): string {
  return fileURLToPath(
    new URL(`../../../packages/transport-tcp/test/certificates/${name}.pem`, import.meta.url),
  )
}

function pem(name: string): string {
  return readFileSync(certificate(name), 'utf8')
}

const CERTIFICATE = ['--tls-cert', certificate('server.cert'), '--tls-key', certificate('server.key')]
const AUTHORITY = ['--tls-ca', certificate('authority.cert')]

describe('nodes join over', () => {
  test('several networks of one relay: tcp, tcp4, ws and a Unix socket', async () => {
    const path = join(folder(), 'relay.sock')
    const relay = new RelayProcess([
      ...['--listen', 'tcp://127.0.0.1:0', '--listen', 'tcp4://localhost:0', '--listen', `unix://${path}`],
      ...['--listen', 'ws://127.0.0.1:0/astranet', '--admin', '127.0.0.1:0'],
    ])
    for (const network of ['tcp', 'tcp4', 'ws', 'unix'])
      await user().join(network, await relay.address(network))
    const { links, relay: shown } = await relay.status()
    expect(links).toHaveLength(4)
    expect(shown.listeners).toHaveLength(4)
    expect(shown.listeners).toContain(`unix://${path}`)
  })

  test('the addresses that it advertises in place of its own', async () => {
    const given = ['tcp://127.0.0.1:9', 'ws://127.0.0.1:9/astranet']
    const relay = new RelayProcess([
      ...['--listen', 'tcp://127.0.0.1:0', '--listen', 'ws://127.0.0.1:0', '--no-admin'],
      ...given.flatMap((address) => ['--advertise', address]),
    ])
    const node = user()
    await node.join('tcp', await relay.address('tcp'))
    const told = () => node.inspect().joins.map((each) => each.told)
    await expect.poll(told, { timeout: 20_000 }).toEqual([given])
  })

  test('TLS and wss with the certificate of the relay', async () => {
    const listen = ['--listen', 'tls://127.0.0.1:0', '--listen', 'wss://127.0.0.1:0/x', '--no-admin']
    const relay = new RelayProcess([...listen, ...CERTIFICATE])
    const ca = pem('authority.cert')
    const transports = [tcp({ tls: { ca, requestCert: false } }), ws({ tls: { ca } })]
    await user({ transports }).join('tcp', await relay.address('tls'))
    await user({ transports }).join('wss', await relay.address('wss'))
    const stranger = user({ transports: [tcp({ tls: {} })] })
    expect(await failure(stranger.join('tcp', await relay.address('tls')))).toMatchObject({
      code: expect.stringMatching(/^ASTRA_ERR_TLS_/),
    })
  })

  test('TLS with certificates of both sides, and a relay joins another one with its own', async () => {
    const first = new RelayProcess([
      ...['--listen', 'tls://127.0.0.1:0', '--admin', '127.0.0.1:0'],
      ...[...CERTIFICATE, ...AUTHORITY],
    ])
    const address = await first.address('tls')
    const own = ['--tls-cert', certificate('client.cert'), '--tls-key', certificate('client.key')]
    const second = new RelayProcess([
      ...['--listen', 'tcp://127.0.0.1:0', '--no-admin', '--join', `tls://${address}`],
      ...[...own, ...AUTHORITY],
    ])
    await second.event('join', { address: `tls://${address}` })
    const without = user({ transports: [tcp({ tls: { ca: pem('authority.cert') } })] })
    await failure(without.join('tcp', address))
    expect((await first.status()).links).toHaveLength(1)
  })
})

test.each([
  [
    '--tls-cert',
    [...CERTIFICATE.slice(2), '--tls-cert', '/nowhere.pem'],
    /--tls-cert \/nowhere.pem: there is no such file/,
  ],
  [
    '--tls-key',
    ['--tls-cert', certificate('server.cert'), '--tls-key', certificate('client.key')],
    /--tls-cert, --tls-key .*server\.cert\.pem.*/,
  ],
])('a wrong file of %s is named', async (_, options, sentence) => {
  const { exitCode, stderr } = await new RelayProcess([
    '--listen',
    'tls://127.0.0.1:0',
    '--no-admin',
    ...options,
  ]).outcome
  expect(stderr).toMatch(sentence)
  expect(exitCode).toBe(2)
})

test('a file that has nothing in PEM is named', async () => {
  const options = ['--tls-cert', file('nothing'), '--tls-key', certificate('server.key')]
  const { exitCode, stderr } = await new RelayProcess(['--listen', 'tls://127.0.0.1:0', ...options]).outcome
  expect(stderr).toMatch(/--tls-cert .*: the file has nothing in PEM/)
  expect(exitCode).toBe(2)
})

/** The status of the answer to a request of a page for a WebSocket. */
async function statusForPage(address: string, origin: string): Promise<number | undefined> {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', origin },
    ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    'sec-websocket-protocol': 'astranet-1-qx02',
  }
  const request = get(`http://${address}/`, { headers })
  const answer = once(request, 'response') as Promise<[IncomingMessage]>
  const upgrade = once(request, 'upgrade') as Promise<[IncomingMessage]>
  const [{ statusCode }] = await Promise.race([answer, upgrade])
  request.destroy()
  return statusCode
}

test('pages of other origins may connect only when --ws-origin names them', async () => {
  const listen = ['--listen', 'ws://127.0.0.1:0/', '--no-admin']
  const page = 'https://page.example'
  const [closed, open] = [new RelayProcess(listen), new RelayProcess([...listen, '--ws-origin', page])]
  expect(await statusForPage(await closed.address('ws'), page)).toBe(403)
  expect(await statusForPage(await open.address('ws'), page)).toBe(101)
  expect(await statusForPage(await open.address('ws'), 'https://other.example')).toBe(403)
})

test('--max-links refuses one more peer', async () => {
  const relay = await RelayProcess.listening('--max-links', '2')
  await user().join('tcp', await relay.address())
  expect(await failure(user().join('tcp', await relay.address()))).toMatchObject({
    code: 'ASTRA_ERR_LINK_BUSY',
  })
  await relay.event('refused', { code: 'ASTRA_ERR_LINK_BUSY' })
})
