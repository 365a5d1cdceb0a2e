import { once } from 'node:events'
import http2 from 'node:http2'
import type net from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { places, type Place } from './net-places.js'
import { turns } from './support.js'

/** A session to a server that answers each request with 300 KB; it has emitted `'connect'`. */
async function session({ server, client, host }: Place): Promise<http2.ClientHttp2Session> {
  const answering = http2.createServer()
  answering.on('session', (each) => each.on('error', () => {}))
  answering.on('stream', (stream) => {
    stream.on('error', () => {})
    stream.respond()
    stream.end(Buffer.alloc(300_000))
  })
  const accepting = server.createServer((socket) => answering.emit('connection', socket)).listen(0)
  onTestFinished(() => void accepting.close())
  await once(accepting, 'listening')
  const { port } = accepting.address() as net.AddressInfo
  const made = http2.connect('http://web', { createConnection: (): Duplex => client.connect(port, host) })
  made.on('error', () => {})
  await once(made, 'connect')
  return made
}

/** When the request begins, what it is, and how its session ends right after that. */
const programs: readonly {
  name: string
  isSettled: boolean
  request(over: http2.ClientHttp2Session): http2.ClientHttp2Stream
  end(over: http2.ClientHttp2Session): void
}[] = [
  {
    name: 'close() of a new session',
    isSettled: false,
    request: (over) => over.request({ ':path': '/' }),
    end: (over) => over.close(),
  },
  {
    name: 'destroy() of a new session',
    isSettled: false,
    request: (over) => over.request({ ':path': '/' }),
    end: (over) => over.destroy(),
  },
  {
    name: 'destroy(error) of a new session',
    isSettled: false,
    request: (over) => over.request({ ':path': '/' }),
    end: (over) => over.destroy(new Error('no more')),
  },
  {
    name: 'close() of an old session while it sends',
    isSettled: true,
    request: (over) => over.request({ ':path': '/', ':method': 'POST' }).end(Buffer.alloc(200_000)),
    end: (over) => over.close(),
  },
]

/** Unlike `once`, it does not reject with an error. */
function closeOf(over: NodeJS.EventEmitter): Promise<unknown> {
  return new Promise((resolve) => over.on('close', resolve))
}

describe.each(programs)('$name ends request and session', ({ isSettled, request, end }) => {
  test.each(places)('over $name', async ({ make }) => {
    const uncaught: unknown[] = []
    const onUncaught = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtException', onUncaught)
    onTestFinished(() => void process.off('uncaughtException', onUncaught))
    const over = await session(await make())
    if (isSettled) {
      await once(over, 'remoteSettings')
      await turns(20)
    }
    const asked = request(over)
    asked.on('error', () => {}).resume()
    const closed = Promise.all([closeOf(asked), closeOf(over)])
    end(over)
    await closed
    await turns(5)
    expect(uncaught).toEqual([])
    expect(over.destroyed).toBe(true)
  })
})
