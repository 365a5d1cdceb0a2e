import { PassThrough, Duplex } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'
import type { ByteDuplex, Connection } from '@astranet/interface'
import { fromMessagePort } from '@astranet/interface/message-port'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { memory } from '@astranet/transport-memory'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { AstraNet, type AstraNetOptions, type Transport } from '../src/index.js'
import { memberTls } from './certificates.js'

/** Two nodes with one link between them. */
export interface LinkedNodes extends AsyncDisposable {
  readonly server: AstraNet
  readonly client: AstraNet
}

/** One way for two programs to reach each other. */
export interface Way {
  readonly name: string
  /** What protects a link over it when nobody insists on encryption. */
  readonly security: 'private' | 'encrypted'
  /** The two ends of a new pipe. */
  pipes(): Promise<{ a: ByteDuplex; b: ByteDuplex }>
  /** Two nodes that are linked over it. */
  nodes(options: AstraNetOptions): Promise<LinkedNodes>
}

const tls = memberTls()

/** Every transport, MessagePorts, and a pipe of which the program has not said where it leads. */
export const ways: readonly Way[] = [
  overTransport('tcp', () => tcp(), 'tcp4', '127.0.0.1:0'),
  overTransport('tcp with TLS', () => tcp({ tls }), 'tcp4', '127.0.0.1:0'),
  overTransport('unix', () => tcp(), 'unix', '*'),
  overTransport('unix with TLS', () => tcp({ tls: { ...tls, servername: 'localhost' } }), 'unix', '*'),
  overTransport('ws', () => ws(), 'ws', '127.0.0.1:0'),
  overTransport('wss', () => ws({ tls }), 'wss', '127.0.0.1:0'),
  overTransport('memory', () => memory(), 'memory', '*'),
  overPipe('MessagePort', 'private', messagePorts, fromMessagePort),
  overPipe('an attached Duplex', 'encrypted', duplexPair, (each) => fromNodeDuplex(each)),
]

function overTransport(name: string, create: () => Transport, network: string, address: string): Way {
  return {
    name,
    // All of them stay on this machine here.
    security: 'private',
    async pipes() {
      const transport = create()
      let accept: (connection: Connection) => void = () => {}
      const accepted = new Promise<Connection>((resolve) => (accept = resolve))
      const listener = await transport.listen(network, address, { onConnection: accept })
      const a = await transport.dial(network, listener.address)
      const b = await accepted
      await listener.close()
      return { a, b }
    },
    async nodes(options) {
      const transports = [create()]
      const [server, client] = [
        new AstraNet({ ...options, transports }),
        new AstraNet({ ...options, transports }),
      ]
      const endpoint = await server.listenAndServe(network, address)
      await client.join(network, endpoint.address)
      return linked(server, client)
    },
  }
}

function overPipe<Pipe extends Parameters<AstraNet['attach']>[0]>(
  name: string,
  security: Way['security'],
  pair: () => [Pipe, Pipe],
  toDuplex: (pipe: Pipe) => ByteDuplex,
): Way {
  return {
    name,
    security,
    async pipes() {
      const [a, b] = pair()
      return { a: toDuplex(a), b: toDuplex(b) }
    },
    async nodes(options) {
      const [server, client] = [new AstraNet(options), new AstraNet(options)]
      const [near, far] = pair()
      await Promise.all([client.attach(near), server.attach(far)])
      return linked(server, client)
    },
  }
}

function linked(server: AstraNet, client: AstraNet): LinkedNodes {
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), server.close()])
    },
  }
}

function messagePorts(): [MessageChannel['port1'], MessageChannel['port2']] {
  const { port1, port2 } = new MessageChannel()
  return [port1, port2]
}

function duplexPair(): [Duplex, Duplex] {
  const [there, back] = [new PassThrough(), new PassThrough()]
  return [Duplex.from({ readable: back, writable: there }), Duplex.from({ readable: there, writable: back })]
}
