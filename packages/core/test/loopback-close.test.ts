import { once } from 'node:events'
import net from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { AstraNet } from '../src/index.js'
import { errorOf } from './support.js'

const node = new AstraNet()
afterAll(() => node.close())

/** What happens when a server is closed as soon as a client of its own process is connected. */
async function closedAtOnce({
  connect,
  createServer,
}: Pick<typeof net, 'connect' | 'createServer'>): Promise<string[]> {
  const seen: string[] = []
  const server = createServer((socket) => {
    seen.push('connection')
    socket.end('hi')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const closed = once(server, 'close')
  const socket = connect(port, '127.0.0.1', () => {
    seen.push('connect')
    server.close()
  })
  socket.on('data', (chunk) => seen.push(String(chunk)))
  socket.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code ?? error.message))
  socket.on('end', () => seen.push('end'))
  await once(socket, 'close')
  await closed
  return seen
}

test('a server that is closed when its own process has connected serves that connection, as net does', async () => {
  for (let round = 0; round < 20; round++) {
    const seen = await closedAtOnce(node.net as unknown as typeof net)
    expect(seen).toEqual(['connection', 'connect', 'hi', 'end'])
    expect([...seen].sort()).toEqual((await closedAtOnce(net)).sort())
  }
})

test('a listener that is closed right after a dial of its own node has the socket', async () => {
  const listener = await node.bind('', 'promised')
  const accepted = once(listener, 'connection')
  const socket = await node.dial('', 'promised')
  listener.close()
  const [far] = (await accepted) as [net.Socket]
  far.end('hi')
  expect(String(await once(socket, 'data'))).toBe('hi')
  await once(listener, 'close')
})

test('a dial in flight whose listener closes is refused, and the port can be bound and dialed again', async () => {
  const first = await node.bind('', ':7100')
  const dial = node.dial('', ':7100', { timeoutMs: 0 }).catch((error: unknown) => error)
  first.close()
  expect(await dial).toMatchObject({ code: 'ECONNREFUSED' })
  const second = await node.bind('', ':7100', { backlog: 1 })
  const socket = await node.dial('', ':7100')
  expect(second.waiting).toBe(1)
  second.close()
  expect(await errorOf(socket)).toMatchObject({ code: 'ECONNRESET' })
})

test('a dial of the own node that is given up before it arrives leaves its place in the backlog', async () => {
  const listener = await node.bind('', ':7200', { backlog: 1 })
  for (let round = 0; round < 5; round++) {
    const abort = new AbortController()
    const dial = node.dial('', ':7200', { signal: abort.signal }).catch((error: unknown) => error)
    queueMicrotask(() => queueMicrotask(() => abort.abort()))
    expect(await dial).toMatchObject({ name: 'AbortError' })
  }
  const socket = await node.dial('', ':7200')
  expect(listener.waiting).toBe(1)
  socket.destroy()
  listener.close()
})
