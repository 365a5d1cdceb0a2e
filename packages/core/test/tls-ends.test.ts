import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { memberTls } from './certificates.js'
import { overAstraNet, overTcp, type Way } from './socket-ways.js'

/** More than the buffers between the two programs hold. */
const LONG = 3_000_000

const identity = memberTls()

/** What both ends of a TLS connection see, in the order in which each end sees it. */
interface Seen {
  readonly client: string[]
  readonly server: string[]
  bytes: number
}

async function run(way: Way, serve: (socket: tls.TLSSocket) => void, request: string): Promise<Seen> {
  const seen: Seen = { client: [], server: [], bytes: 0 }
  const server = tls.createServer(identity, (socket) => {
    record(socket, seen.server)
    serve(socket)
  })
  const accepted = once(server, 'secureConnection')
  const socket = await way.connect((raw) => server.emit('connection', raw))
  const secure = tls.connect({ socket, ca: identity.ca, servername: 'localhost' })
  record(secure, seen.client)
  secure.on('data', (chunk: Buffer) => (seen.bytes += chunk.length))
  const [peer] = (await accepted) as [tls.TLSSocket]
  const closed = [closeOf(secure), closeOf(peer), closeOf(socket)]
  secure.end(request)
  await Promise.all(closed)
  return seen
}

function record(socket: tls.TLSSocket, into: string[]): void {
  socket.on('end', () => into.push('end'))
  socket.on('error', (error: NodeJS.ErrnoException) => into.push(error.code ?? error.message))
  socket.on('close', (hadError) => into.push(hadError ? 'close after an error' : 'close'))
}

function closeOf(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

/** The program of a TLS server, and what its client sends and receives. */
interface Program {
  readonly name: string
  readonly request: string
  readonly bytes: number
  serve(socket: tls.TLSSocket): void
}

const programs: readonly Program[] = [
  { name: 'an echo', request: 'x'.repeat(LONG), bytes: LONG, serve: (socket) => void socket.pipe(socket) },
  {
    name: 'a long answer after the end of the request',
    request: 'x',
    bytes: LONG,
    serve: (socket) => void socket.on('end', () => socket.end(Buffer.alloc(LONG))).resume(),
  },
  {
    name: 'an answer to the first bytes, and an end at once',
    request: 'x',
    bytes: 2,
    serve: (socket) => void socket.once('data', () => socket.end('hi')),
  },
]

describe.each(programs)('TLS over sockets with the default ends: $name', ({ request, bytes, serve }) => {
  test.each(overAstraNet)('over $name as over TCP', async (way) => {
    const [here, tcp] = [await run(way, serve, request), await run(overTcp, serve, request)]
    expect(here).toEqual(tcp)
    expect(here.bytes).toBe(bytes)
  })
})
