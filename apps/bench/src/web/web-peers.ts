import { Agent, createServer, get, type ClientRequestArgs, type RequestListener } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { Duplex } from 'node:stream'
import { Agent as UndiciAgent, request, type buildConnector } from 'undici'
import { coreCarrier, tcpCarrier, type WebCarrier, type WebDialer } from './carriers.js'
import type { WebClient, WebPeer } from './web-peer.js'

/** Every peer of the work `http`, in the order of the tables. */
export const webPeers: readonly WebPeer[] = [tcpCarrier, coreCarrier].flatMap((carrier) => [
  make(`http-${carrier.name}`, `node:http, ${carrier.note}`, { carrier, connectClient: httpClient }),
  make(`undici-${carrier.name}`, `undici against node:http, ${carrier.note}`, {
    carrier,
    connectClient: undiciClient,
  }),
  {
    ...make(`http2-${carrier.name}`, `node:http2, one session, ${carrier.note}`, {
      carrier,
      connectClient: http2Client,
    }),
    serve: (answer) =>
      carrier.serve(
        createHttp2Server((_, response) => {
          response.end(answer)
        }),
      ),
  },
])

interface WebPeerParts {
  readonly carrier: WebCarrier
  readonly connectClient: (dialer: WebDialer, connections: number) => WebClient
}

function make(name: string, note: string, { carrier, connectClient }: WebPeerParts): WebPeer {
  return {
    name,
    note,
    works: ['http'],
    serve: (answer) => carrier.serve(createServer(answering(answer))),
    async connect(address, connections) {
      const dialer = await carrier.dialer(address)
      const client = connectClient(dialer, connections)
      return {
        get: client.get,
        async close() {
          await client.close()
          await dialer.close()
        },
      }
    },
  }
}

function answering(answer: Buffer): RequestListener {
  return (_, response) => {
    response.writeHead(200, { 'Content-Length': answer.length })
    response.end(answer)
  }
}

class DialingAgent extends Agent {
  readonly #connect: () => Duplex

  constructor({ connect }: WebDialer, maxSockets: number) {
    super({ keepAlive: true, maxSockets })
    this.#connect = connect
  }

  override createConnection(_options: ClientRequestArgs): Duplex {
    return this.#connect()
  }
}

function httpClient(dialer: WebDialer, connections: number): WebClient {
  const agent = new DialingAgent(dialer, connections)
  return {
    get: () =>
      new Promise((resolve, reject) => {
        get({ agent, host: 'web', path: '/' }, (response) => {
          let bytes = 0
          response.on('data', (chunk: Buffer) => (bytes += chunk.length))
          response.on('end', () => resolve(bytes))
        }).on('error', reject)
      }),
    close: () => agent.destroy(),
  }
}

function undiciClient({ connect }: WebDialer, connections: number): WebClient {
  const connector: buildConnector.connector = (_, callback) => {
    const socket = connect() as Parameters<typeof callback>[1] & Duplex
    socket.once('connect', () => callback(null, socket))
    socket.once('error', (error) => callback(error, null))
  }
  const dispatcher = new UndiciAgent({ connections, connect: connector })
  return {
    async get() {
      const { body } = await request('http://web/', { dispatcher })
      let bytes = 0
      for await (const chunk of body) bytes += (chunk as Buffer).length
      return bytes
    },
    close: () => dispatcher.destroy(),
  }
}

function http2Client({ connect }: WebDialer): WebClient {
  const session = connectHttp2('http://web', { createConnection: connect })
  return {
    get: () =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/' })
        let bytes = 0
        stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
        stream.on('end', () => resolve(bytes))
        stream.on('error', reject)
      }),
    close: () => session.destroy(),
  }
}
