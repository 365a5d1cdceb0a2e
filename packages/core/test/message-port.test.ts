import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { AstraNet, generateSecret, type AstraNetOptions, type Socket } from '../src/index.js'
import { errorOf, failure, until } from './support.js'

/** A worker with a node that is about to attach: loading it takes longer than a handshake may on a busy machine. */
async function start(port: MessagePort, options: AstraNetOptions): Promise<Worker> {
  const worker = new Worker(new URL('port-worker.mjs', import.meta.url), {
    workerData: { port, options },
    transferList: [port],
    execArgv: ['--conditions=@astranet/source'],
  })
  await once(worker, 'message')
  return worker
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The hash of what comes back on a socket on which `bytes` are sent. */
async function returned(socket: Socket, bytes: Uint8Array): Promise<string> {
  const sum = createHash('sha256')
  socket.end(bytes)
  for await (const chunk of socket) sum.update(chunk as Uint8Array)
  return sum.digest('hex')
}

test.each<[string, AstraNetOptions]>([
  ['', {}],
  [' with a secret', { secret: generateSecret() }],
])(
  'a node in a worker%s and one on the main thread reach each other over a MessagePort',
  async (_, options) => {
    const { port1, port2 } = new MessageChannel()
    await using node = new AstraNet(options)
    const main = await node.bind('', 'main')
    const worker = await start(port2, options)
    const nodeId = await node.attach(port1)
    expect(node.routes()).toMatchObject([{ nodeId, distance: 0 }])
    const bytes = randomBytes(8 << 20)
    expect(await returned(await node.dial('', 'echo'), bytes)).toBe(hash(bytes))
    expect(await returned(await main.accept(), bytes)).toBe(hash(bytes))

    const socket = await node.dial('', 'echo')
    const failed = errorOf(socket)
    await worker.terminate()
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    await until(() => node.routes().length === 0)
  },
)

test('closing a node closes its ports, and the other end notices', async () => {
  const { port1, port2 } = new MessageChannel()
  const [a, b] = [new AstraNet(), new AstraNet()]
  await Promise.all([a.attach(port1), b.attach(port2)])
  const closed = Promise.all([port1, port2].map((port) => once(port, 'close')))
  await a.close()
  await closed
  await until(() => b.routes().length === 0)
  await b.close()
})

test('a port at whose other end is no node is given up', async () => {
  const { port1, port2 } = new MessageChannel()
  await using node = new AstraNet()
  port2.postMessage({ type: 'ready' })
  expect(await failure(node.attach(port1))).toMatchObject({
    code: 'ASTRA_ERR_LINK_CLOSED',
    cause: { code: 'ASTRA_ERR_PORT_MESSAGE' },
  })
})
