import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { memory } from '@astranet/transport-memory'
import { parseTicket } from '@astranet/ticket'
import { tcp } from '@astranet/transport-tcp'
import { AstraNet, type Transport } from '../src/index.js'
import { failure, textOf, turns, until } from './support.js'

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** TCP where names take some turns to be found. */
function slowNames(count: number): Transport {
  return tcp({
    lookup: (_host, _options, callback) => void turns(count).then(() => callback(null, '127.0.0.1', 4)),
  })
}

test.each([0, 1, 2, 5])(
  'a node that is closed while it begins to listen leaves no port open (%d turns)',
  async (count) => {
    const port = await freePort()
    const node = new AstraNet({ transports: [slowNames(count)] })
    const listening = failure(node.listenAndServe('tcp4', `here.example:${port}`))
    await node.close()
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    expect(await listening).toMatchObject({ code: 'ECONNABORTED', syscall: 'listen' })
    server.close()
    await once(server, 'close')
  },
)

/** Uncaught exceptions while `body` runs. */
async function uncaughtIn(body: (uncaught: Error[]) => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const
  const handlers = events.map((event) => process.listeners(event as 'uncaughtException'))
  const uncaught: Error[] = []
  const onException = (error: Error): void => void uncaught.push(error)
  const onRejection = (): void => expect.unreachable('a rejection that nobody handles')
  for (const event of events) process.removeAllListeners(event)
  process.on('uncaughtException', onException)
  process.on('unhandledRejection', onRejection)
  try {
    await body(uncaught)
  } finally {
    for (const [index, event] of events.entries()) {
      process.removeAllListeners(event)
      for (const handler of handlers[index] ?? []) process.on(event as 'uncaughtException', handler)
    }
  }
}

test('an onError that throws is an uncaught exception, and the endpoint goes on', async () => {
  await uncaughtIn(async (uncaught) => {
    await using node = new AstraNet()
    await using client = new AstraNet()
    const { address } = await node.listenAndServe('tcp4', '127.0.0.1:0', {
      onError: () => {
        throw new Error('not mine')
      },
    })
    const port = Number(address.split(':')[1])
    for (let count = 1; count <= 2; count++) {
      const visitor = connect(port, '127.0.0.1').on('error', () => {})
      visitor.write('GET / HTTP/1.1\r\n\r\n')
      await until(() => uncaught.length === count)
      visitor.destroy()
    }
    expect(uncaught.map(({ message }) => message)).toEqual(['not mine', 'not mine'])
    await client.join('tcp4', address)
    const listener = await node.bind('', 'echo')
    listener.on('connection', (socket) => socket.pipe(socket))
    const socket = await client.dial('', 'echo')
    socket.end('hello')
    expect(await textOf(socket)).toBe('hello')
  })
})

test('an error that onError throws does not reach the listener', async () => {
  await uncaughtIn(async (uncaught) => {
    const plain = memory()
    let report: (error: Error) => void = () => undefined
    const transport: Transport = {
      networks: plain.networks,
      dial: plain.dial.bind(plain),
      listen: (network, address, options) => {
        report = (error) => options.onError?.(error)
        return plain.listen(network, address, options)
      },
    }
    await using node = new AstraNet({ transports: [transport] })
    const onError = (error: Error): void => {
      throw error
    }
    await node.listenAndServe('memory', 'here', { onError })
    const fault = new Error('broken')
    report(fault)
    await turns(2)
    expect(uncaught).toEqual([fault])
  })
})

test('a selector that throws rejects the dial, also when the service comes later', async () => {
  await using node = new AstraNet()
  const selector = (): never => {
    throw new Error('cannot choose')
  }
  const dialing = failure(node.dial('', 'echo', { selector }))
  await node.bind('', 'echo:1')
  await node.bind('', 'echo:2')
  expect(await dialing).toMatchObject({ message: 'cannot choose' })
  expect(await failure(node.dial('', 'echo', { selector }))).toMatchObject({ message: 'cannot choose' })
})

test('a listener is advertised where its program says, and a wrong place names the option', async () => {
  await using node = new AstraNet()
  const advertise = ['wss://relay.example:443/astra', 'tcp://1.2.3.4:5']
  await node.listenAndServe('tcp4', '127.0.0.1:0', { advertise })
  const ticket = parseTicket(await node.ticket())
  expect(ticket.addresses).toEqual(advertise)
  const listen = (wrong: unknown): Promise<unknown> =>
    failure(node.listenAndServe('tcp4', '127.0.0.1:0', { advertise: wrong as string[] }))
  for (const wrong of ['tcp://1.2.3.4:5', ['1.2.3.4:5'], [`tcp://${'a'.repeat(250)}`], ['tcp://a b:1'], [7]])
    expect(await listen(wrong)).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('options.advertise'),
    })
  for (const wrong of [[], Array<string>(17).fill('tcp://1.2.3.4:5')])
    expect(await listen(wrong)).toMatchObject({
      name: 'RangeError',
      message: expect.stringContaining('options.advertise'),
    })
})
