import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import net, { type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'

const child = fileURLToPath(new URL('flushed-child.mjs', import.meta.url))

beforeAll(() => {
  if (existsSync(new URL('../dist/index.js', import.meta.url))) return
  throw new Error('the package is not built: run `npm run build` before this test')
})

/** What a server reads of a process that has nothing more to do, and how that process ends. */
interface Seen {
  readonly code: number | null
  /** What the process has said. */
  readonly words: readonly string[]
  readonly bytes: number
  readonly end: string
}

interface Reached extends AsyncDisposable {
  readonly module: Pick<typeof net, 'createServer'>
  readonly host: string
  readonly network?: string
  readonly address?: string
}

const networks: Record<string, () => Promise<Reached>> = {
  net: async () => ({ module: net, host: '127.0.0.1', [Symbol.asyncDispose]: async () => {} }),
  tcp4: () => serving('tcp4', false),
  relay: () => serving('tcp4', true),
  ws: () => serving('ws', false),
}

async function serving(network: string, isBehindRouter: boolean): Promise<Reached> {
  const node = new AstraNet({ holePunching: false })
  const listening = isBehindRouter ? new AstraNet({ role: 'router' }) : node
  const { address } = await listening.listenAndServe(network, '127.0.0.1:0')
  if (isBehindRouter) await node.join(network, address)
  const close = async (): Promise<void> => void (await Promise.all([node.close(), listening.close()]))
  return { module: node.net, host: 'late', network, address, [Symbol.asyncDispose]: close }
}

/** The server does not read before the process has said `word`. With `endsFirst` it ends its direction at once. */
async function seen(
  over: string,
  way: string,
  { word, endsFirst = false }: { word: string; endsFirst?: boolean },
): Promise<Seen> {
  await using reached = await (networks[over] as () => Promise<Reached>)()
  const { module, host, network, address } = reached
  let [bytes, end, accepted] = [0, 'nothing', undefined as Socket | undefined]
  const server: Server = module.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    accepted = socket
    socket.on('data', (chunk) => (bytes += chunk.length))
    socket.on('end', () => {
      end = 'end'
      socket.end()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => (end = String(error.code)))
    // The listener above makes it read.
    socket.pause()
    if (endsFirst) socket.end()
  })
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as { port: number }
  const task = JSON.stringify({ over, network, address, host, port, way })
  const client = spawn(process.execPath, [child, task], { stdio: ['ignore', 'pipe', 'inherit'] })
  const words: string[] = []
  createInterface(client.stdout).on('line', (line) => {
    words.push(line)
    if (line === word) accepted?.resume()
  })
  const [code] = (await once(client, 'close')) as [number | null]
  const socket = accepted as Socket | undefined
  if (socket !== undefined && !socket.closed) await once(socket, 'close')
  server.close()
  return { code, words, bytes, end }
}

describe.each(['net', 'tcp4', 'relay'])('over %s', (over) => {
  test.concurrent('a process that has ended a socket sends all, and lives until it is closed', async () => {
    expect(await seen(over, 'has ended a socket', { word: 'ended' })).toEqual({
      ...{ code: 0, bytes: 3_000_000, end: 'end' },
      words: ['ended', 'closed', 'idle'],
    })
  })

  test.concurrent.each(['has closed a socket that the other side ended', 'has destroyed a socket'])(
    'a process that %s, and has nothing more to do, sends what it has written',
    async (way) => {
      const how = { word: 'idle', endsFirst: way.includes('other side') }
      expect(await seen(over, way, how)).toEqual({
        ...{ code: 0, bytes: 100_000, end: 'end' },
        words: ['closed', 'idle'],
      })
    },
  )

  test.concurrent('a process that has written to an unref socket sends what it has written', async () => {
    expect(await seen(over, 'has written to an unref socket', { word: 'idle' })).toMatchObject({
      ...{ code: 0, bytes: 100_000, end: 'end' },
    })
  })
})

test.each(['tcp4', 'relay', 'ws'])(
  'over %s a process that has joined, and does no more, ends',
  async (over) => {
    expect(await seen(over, 'has joined', { word: 'idle' })).toMatchObject({ code: 0, words: ['idle'] })
  },
)
