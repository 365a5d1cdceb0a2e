import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import net, { type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { tcp } from '@astranet/transport-tcp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AstraNet, type AstraNetOptions } from '../src/index.js'
import { memberTls } from './certificates.js'

const child = fileURLToPath(new URL('alive-child.mjs', import.meta.url))
const run = promisify(execFile)

/** How long a child may take, in ms. */
const PATIENCE_MS = 45_000

/** What is closed at the end. */
const open: { close(): unknown }[] = []

beforeAll(() => {
  if (existsSync(new URL('../dist/index.js', import.meta.url))) return
  throw new Error('the package is not built: run `npm run build` before this test')
})

afterAll(async () => {
  await Promise.all(open.map((each) => each.close()))
})

/** Whether a process ends behind each thing, and what happens meanwhile. */
type Outcomes = Record<string, string>

const ownThings: Outcomes = {
  nothing: 'ends',
  'a socket that is not connected': 'ends',
  'a server that listens': 'alive',
  'an unref server': 'ends',
  'a server that was unref before it listens': 'ends',
  'a server that is ref again': 'alive',
  'a closed server': 'ends',
  'a connected socket': 'alive',
  'unref sockets': 'ends',
  'a socket that is paused before it reads': 'ends',
  'an accepted socket': 'alive',
  'a lookup that never answers': 'ends',
  'what nobody reads': 'ends',
}

const remoteThings: Outcomes = {
  'a socket to another process': 'alive',
  'an unref socket to another process': 'ends',
  'a socket that is ref again': 'alive',
  'a socket that is unref before it is connected': 'ends, connected',
  'a socket that is unref and ref before it is connected': 'alive',
  'a socket that is unref while it connects': 'ends, connected',
  'a socket that is paused when it reads already': 'alive',
  'an ended socket that the other side keeps open': 'alive',
  'an ended socket that closes': 'ends, closed',
  'a destroyed socket': 'ends',
  'an unref socket whose write waits': 'ends, written',
  'a socket that was unref, and is connected again': 'alive',
  'a socket that was closed, unref and connected again': 'ends, connected',
}

const nodeThings: Outcomes = {
  'a link that is idle': 'ends',
  'an idle socket with a timeout': 'ends',
  'a dial that waits': 'alive',
  'an unref connect that waits': 'alive',
  'waitFor that waits': 'alive',
  'a join that keeps trying': 'alive',
  'a join whose node is gone': 'ends',
  'what environment variables begin': 'ends',
  'an attach that waits': 'alive',
  'nodes that are joined by a MessagePort': 'ends',
  'a node that drains': 'alive',
  'a watch that is waited for': 'alive',
  'a watch that nobody waits for': 'ends',
  'a listener': 'alive',
  'an unref listener': 'ends',
  'a listener that is ref again': 'alive',
  'a closed listener': 'ends',
  'an endpoint': 'alive',
  'an unref endpoint': 'ends',
  'an endpoint that is ref again': 'alive',
  'a closed endpoint': 'ends',
  'a forward': 'alive',
  'a publication': 'alive',
}

/** Where a server listens, for `net.connect`. */
interface Place {
  readonly host: string
  readonly port: number
}

/** Servers that read, that end at once, and that read when `go` gets a connection. */
async function servers(
  module: Pick<typeof net, 'createServer'>,
  place: (name: string, port: number) => Place,
): Promise<Record<string, Place>> {
  const late: net.Socket[] = []
  const handlers: Record<string, (socket: net.Socket) => void> = {
    silent: (socket) => void socket.resume(),
    ending: (socket) => void socket.resume().end(),
    late: (socket) => void late.push(socket.pause()),
    go: (socket) => {
      socket.resume().end()
      for (const each of late) each.resume()
    },
  }
  const places: Record<string, Place> = {}
  for (const [index, [name, handle]] of Object.entries(handlers).entries()) {
    const { host, port } = place(name, 7_001 + index)
    const server: Server = module.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined)
      handle(socket)
    })
    await once(server.listen(port, host), 'listening')
    places[name] = { host, port: (server.address() as { port: number }).port }
    open.push(server)
  }
  return places
}

interface Reached {
  readonly network?: string
  readonly address?: string
  readonly servers?: Record<string, Place>
}

/** A node with the servers, where children reach it. */
async function serving(
  network: string,
  listenAddress: string,
  { options, isBehindRouter = false }: { options?: AstraNetOptions; isBehindRouter?: boolean } = {},
): Promise<Reached> {
  const node = new AstraNet({ holePunching: false, ...options })
  open.push(node)
  const listening = isBehindRouter ? new AstraNet({ role: 'router' }) : node
  if (listening !== node) open.push(listening)
  const { address } = await listening.listenAndServe(network, listenAddress)
  if (listening !== node) await node.join(network, address)
  return { network, address, servers: await servers(node.net, (host, port) => ({ host, port })) }
}

async function outcomes(over: string, reached: Reached, expected: Outcomes): Promise<Outcomes> {
  const task = JSON.stringify({ over, ...reached, expected })
  // A process that should end and does not is ended, and what it has printed says where it was.
  const { stdout } = await run(process.execPath, [child, task], { timeout: PATIENCE_MS }).catch(
    (error: { stdout: string }) => error,
  )
  const lines = stdout.trim().split('\n').filter(Boolean)
  return Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, string])) as Outcomes
}

const realNet = async (): Promise<Reached> => ({
  servers: await servers(net, () => ({ host: '127.0.0.1', port: 0 })),
})

const ways: Record<string, { reached: () => Promise<Reached>; expected: Outcomes }> = {
  net: { reached: realNet, expected: { ...ownThings, ...remoteThings } },
  itself: { reached: async () => ({}), expected: ownThings },
  tcp4: { reached: () => serving('tcp4', '127.0.0.1:0'), expected: { ...remoteThings, ...nodeThings } },
  relay: { reached: () => serving('tcp4', '127.0.0.1:0', { isBehindRouter: true }), expected: remoteThings },
  ws: { reached: () => serving('ws', '127.0.0.1:0'), expected: remoteThings },
  unix: { reached: () => serving('unix', '*'), expected: remoteThings },
  tls: {
    reached: () => serving('tcp4', '127.0.0.1:0', { options: { transports: [tcp({ tls: memberTls() })] } }),
    expected: remoteThings,
  },
}

test.concurrent.each(Object.entries(ways))(
  'what keeps a process alive over %s is what does with the real net',
  async (over, { reached, expected }) => {
    expect(await outcomes(over, await reached(), expected)).toEqual(expected)
  },
  60_000,
)
