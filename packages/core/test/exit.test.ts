import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { tcp } from '@astranet/transport-tcp'
import { beforeAll, describe, expect, test } from 'vitest'
import { AstraNet, type AstraNetOptions } from '../src/index.js'
import { memberTls } from './certificates.js'
import { turns, twoNodes, until } from './support.js'

const child = new URL('exit-child.mjs', import.meta.url)

beforeAll(() => {
  if (existsSync(new URL('../dist/index.js', import.meta.url))) return
  throw new Error('the package is not built: run `npm run build` before this test')
})

/** What came on a connection, and how it ended: `'end'` or an error's code. */
interface Seen {
  bytes: number
  text: string
  end: string
}

/** Takes connections, of which each first says its name, and keeps what is seen of them. */
class Witness {
  readonly seen: Record<string, Seen> = {}
  #open = 0

  readonly take = (socket: Duplex): void => {
    this.#open += 1
    const seen: Seen = { bytes: 0, text: '', end: 'nothing' }
    socket.once('data', (greeting: Buffer) => {
      this.seen[greeting.toString().slice(0, -1)] = seen
      socket.write('go on')
      socket.on('data', (chunk: Buffer) => {
        seen.bytes += chunk.length
        if (seen.bytes < 100) seen.text += chunk.toString()
      })
    })
    socket.on('end', () => (seen.end = 'end'))
    socket.on('error', (error: NodeJS.ErrnoException) => (seen.end = error.code ?? 'an error without a code'))
    socket.on('close', () => (this.#open -= 1))
  }

  /** Resolves when all connections are closed. */
  async over(): Promise<void> {
    await until(() => this.#open === 0)
  }
}

interface Network {
  readonly network: string
  readonly listenAddress: string
  readonly options?: AstraNetOptions
}

const networks: Record<string, Network> = {
  tcp4: { network: 'tcp4', listenAddress: '127.0.0.1:0' },
  unix: { network: 'unix', listenAddress: '*' },
  tls: {
    network: 'tcp4',
    listenAddress: '127.0.0.1:0',
    options: { transports: [tcp({ tls: memberTls() })] },
  },
  ws: { network: 'ws', listenAddress: '127.0.0.1:0' },
}

/** What a server sees of a client that ends in this way, and how the client's process ended. */
async function witness(over: string, way: string): Promise<{ seen: Record<string, Seen>; exit: unknown }> {
  const witness = new Witness()
  await using server = over === 'net' ? await netServer(witness) : await astraServer(over, witness)
  const { network, address } = server
  const client = fork(child, [JSON.stringify({ over, network, address, way })], {
    execArgv: [],
    silent: true,
  })
  const [code, signal] = (await once(client, 'exit')) as [number | null, string | null]
  await witness.over()
  return { seen: witness.seen, exit: code ?? signal }
}

interface Server extends AsyncDisposable {
  readonly network?: string
  readonly address: string
}

async function astraServer(over: string, witness: Witness): Promise<Server> {
  const { network, listenAddress, options } = networks[over] as Network
  const node = new AstraNet(options)
  const { address } = await node.listenAndServe(network, listenAddress)
  for (const name of ['idle', 'lost', 'words']) {
    const listener = await node.bind('', name)
    listener.on('connection', witness.take)
  }
  return { network, address, [Symbol.asyncDispose]: () => node.close() }
}

async function netServer(witness: Witness): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'astranet-exit-'))
  const address = join(folder, 'socket')
  const server = createServer(witness.take).listen(address)
  await once(server, 'listening')
  return {
    address,
    async [Symbol.asyncDispose]() {
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

const told = { bytes: 10, text: 'last words', end: 'end' }
const silent = { bytes: 0, text: '', end: 'end' }

const exits: [way: string, exit: unknown][] = [
  ['in the callback of end', 0],
  ['in the callback of a write', 0],
  ['by an exception', 1],
  ['by a signal that it handles', 0],
  ['with a listener for exit that writes', 0],
  ['after an exception that it handles', 0],
]

describe.each(['net', ...Object.keys(networks)])('over %s', (over) => {
  test.each(exits)('a process that ends %s loses nothing that can leave', async (way, exit) => {
    const result = await witness(over, way)
    expect(result).toMatchObject({ exit, seen: { words: told, idle: silent } })
    const { lost } = result.seen
    if (lost === undefined) return
    expect(lost.bytes).toBeGreaterThan(0)
    expect(lost.bytes).toBeLessThan(4 << 20)
    // The one place where we mean to differ: a clean end says that every byte has arrived.
    expect(lost.end).toBe(over === 'net' ? 'end' : 'ECONNRESET')
  })

  test('a process that ends in the turn of a flush loses what came behind that, and only over TLS', async () => {
    const { seen } = await witness(over, 'in the turn of a flush')
    const cut = {
      words: { bytes: 5, text: 'last ', end: 'ECONNRESET' },
      idle: { ...silent, end: 'ECONNRESET' },
    }
    expect(seen).toMatchObject(over === 'tls' ? cut : { words: told, idle: silent })
  })

  test('a process that is killed ends nothing', async () => {
    const end = over === 'net' ? 'end' : 'ECONNRESET'
    for (const way of ['by a signal that it does not handle', 'by SIGKILL']) {
      const { seen } = await witness(over, way)
      expect(seen).toMatchObject({ words: { ...silent, end }, idle: { ...silent, end } })
    }
  })
})

test.each(['net', 'tcp4'])('over %s a process that nothing keeps alive ends its sockets', async (over) => {
  expect(await witness(over, 'because nothing keeps it alive')).toMatchObject({
    exit: 0,
    seen: { words: told, idle: silent },
  })
})

test('a process has one listener for its end while it has links, and none otherwise', async () => {
  const counts = (): number[] => ['exit', 'newListener'].map((event) => process.listenerCount(event))
  const before = counts()
  const node = new AstraNet()
  await node.listenAndServe('tcp4', '127.0.0.1:0')
  expect(counts()).toEqual(before)
  await using both = await twoNodes()
  await using more = await twoNodes()
  expect(counts()).toEqual(before.map((count) => count + 1))
  const added = (): void => undefined
  process.on('exit', added)
  await turns(1)
  expect(process.listeners('exit').indexOf(added)).toBe(process.listenerCount('exit') - 2)
  process.off('exit', added)
  for (const each of [node, both.client, both.server, more.client, more.server]) await each.close()
  expect(counts()).toEqual(before)
})
