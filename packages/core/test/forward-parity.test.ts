import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { chain, clientOf, target, type Chain } from './forward-support.js'
import { until } from './support.js'

/** Both ends of one connection over TCP. */
interface Ends {
  readonly client: Socket
  readonly server: Socket
}

/** What the two programs do. Each reads all that arrives. */
const scenarios: Record<string, (ends: Ends) => unknown> = {
  'the client ends, and the server answers later': ({ client, server }) => {
    server.on('end', () => setImmediate(() => server.end('answer')))
    client.end('question')
  },
  'the server ends, and the client goes on': ({ client, server }) => {
    client.on('end', () => setImmediate(() => client.end('last words')))
    server.end('hello')
  },
  'both end at once': ({ client, server }) => [client.end('x'), server.end('y')],
  'the client ends without a byte': ({ client, server }) => [client.end(), server.end()],
  'the client resets': ({ client, server }) => {
    client.on('data', () => client.resetAndDestroy())
    server.write('x')
  },
  'the server resets': ({ client, server }) => {
    server.on('data', () => server.resetAndDestroy())
    client.write('x')
  },
  'the client resets after the server has ended': ({ client, server }) => {
    client.on('end', () => client.resetAndDestroy())
    server.end()
  },
}

/** What an end sees, until both are closed. */
async function traces({ client, server }: Ends, run: (ends: Ends) => unknown): Promise<string[][]> {
  const both = [client, server].map((socket) => {
    const trace: string[] = []
    let bytes = ''
    socket.on('data', (chunk) => (bytes += String(chunk)))
    socket.on('end', () => trace.push(`end ${bytes}`))
    socket.on('error', (error: NodeJS.ErrnoException) => trace.push(String(error.code)))
    socket.on('close', (hadError) => trace.push(`close ${hadError}`))
    return trace
  })
  run({ client, server })
  await until(() => both.every((trace) => trace.some((each) => each.startsWith('close'))))
  return both
}

test.each(Object.entries(scenarios))('through both proxies as without: %s', async (_, run) => {
  await using direct = await target()
  const plain = { client: clientOf(direct.address), server: await direct.accepted() }
  const expected = await traces(plain, run)
  await using proxied = await chain()
  const ends = { client: clientOf(proxied.address), server: await proxied.target.accepted() }
  expect(await traces(ends, run)).toEqual(expected)
})

test('20 MB pass in both directions at once, whole', async () => {
  await using proxied = await chain()
  const client = clientOf(proxied.address)
  const server = await proxied.target.accepted()
  const bytes = randomBytes(20 << 20)
  const received = [client, server].map(async (socket) => {
    const hash = createHash('sha256')
    socket.on('data', (chunk: Buffer) => hash.update(chunk))
    await once(socket, 'end')
    return hash.digest('hex')
  })
  client.end(bytes)
  server.end(bytes)
  const sent = createHash('sha256').update(bytes).digest('hex')
  expect(await Promise.all(received)).toEqual([sent, sent])
})

test('a server that does not read holds its client back', async () => {
  await using proxied = await chain()
  const client = clientOf(proxied.address)
  const server = await proxied.target.accepted()
  server.pause()
  // Far more than the buffers of the system, of both nodes and of the link between can hold.
  client.end(Buffer.alloc(TOO_MUCH_BYTES))
  const waiting = (): number => client.writableLength
  for (let before = -1; waiting() !== before;) {
    before = waiting()
    for (let i = 0; i < 10; i++) await roundTrip(proxied)
  }
  expect(waiting()).toBeGreaterThan(0)
  let received = 0
  server.on('data', (chunk: Buffer) => (received += chunk.length))
  server.resume()
  await once(server, 'end')
  expect(received).toBe(TOO_MUCH_BYTES)
})

const TOO_MUCH_BYTES = 100 << 20

/** On a connection of its own. */
async function roundTrip(proxied: Chain): Promise<void> {
  const client = clientOf(proxied.address)
  client.end('x')
  const server = await proxied.target.accepted()
  server.end('y')
  client.resume()
  server.resume()
  await once(client, 'close')
}
