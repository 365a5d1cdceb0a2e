import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import * as grpc from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { AstraNetOptions } from '../src/index.js'
import { twoNodes, type TwoNodes } from './support.js'

// Two ends that write before they read: over TCP the kernels' buffers take what both have written, up to about a
// megabyte each way on this kind of machine.

/** Little memory: no stream's window can grow. */
const SHORT: AstraNetOptions = { sessionLimits: { maxReceiveBufferBytes: 131_072 } }

let ample: TwoNodes
let short: TwoNodes
beforeAll(async () => {
  ample = await twoNodes()
  short = await twoNodes(SHORT)
})
afterAll(() => Promise.all([ample[Symbol.asyncDispose](), short[Symbol.asyncDispose]()]))

type Connect = () => Promise<{ near: Duplex; far: Duplex }>

async function overNet(): Promise<{ near: Duplex; far: Duplex }> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [net.Socket],
    unknown,
  ]
  server.close()
  return { near, far }
}

async function over(nodes: TwoNodes): Promise<{ near: Duplex; far: Duplex }> {
  const listener = await nodes.server.bind('', 'both')
  const [near, far] = await Promise.all([nodes.client.dial('', 'both'), listener.accept()])
  listener.close()
  return { near, far }
}

const ways: [string, Connect][] = [
  ['net', overNet],
  ['AstraNet', () => over(ample)],
  ['AstraNet with little memory', () => over(short)],
]

/** Writes `bytes`, and reads as many once the write was called back. */
function writeThenRead(socket: Duplex, bytes: number): Promise<void> {
  socket.pause()
  return new Promise((resolve) => {
    socket.write(Buffer.alloc(bytes), () => {
      let received = 0
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length
        if (received === bytes) resolve()
      })
      socket.resume()
    })
  })
}

for (const [name, connect] of ways) {
  test.each([16_000, 33_000, 64_000, 256_000, 524_288])(
    `both ends write %i bytes before they read (${name})`,
    async (bytes) => {
      const { near, far } = await connect()
      await Promise.all([writeThenRead(near, bytes), writeThenRead(far, bytes)])
      near.destroy()
      far.destroy()
    },
  )

  test(`HTTP/2 requests and responses of 1 MB pass each other, four at once (${name})`, async () => {
    const body = Buffer.alloc(1_000_000, 'x')
    for (let round = 0; round < 3; round++) {
      const { near, far } = await connect()
      const server = http2.createServer()
      server.on('stream', (stream) => {
        stream.respond({ ':status': 200 })
        stream.end(body)
        stream.resume()
      })
      server.emit('connection', far)
      const client = http2.connect('http://both', { createConnection: () => near })
      const received = Array.from({ length: 4 }, async () => {
        const request = client.request({ ':method': 'POST' })
        let bytes = 0
        request.on('data', (chunk: Buffer) => (bytes += chunk.length))
        request.end(body)
        await once(request, 'end')
        return bytes
      })
      expect(await Promise.all(received)).toEqual([1, 1, 1, 1].map(() => body.length))
      client.close()
      await once(client, 'close')
    }
  })

  test(`gRPC streams of 8 MiB run both ways at once (${name})`, async () => {
    expect(await grpcEcho(connect, 8 * 1024 * 1024)).toEqual([8 * 1024 * 1024, 8 * 1024 * 1024])
  })
}

const bytes = (value: Buffer): Buffer => value
const method = {
  path: '/test.Both/Ways',
  requestStream: true,
  responseStream: true,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
} as const

/** Each side of a gRPC call sends `total` bytes, whatever it has received. Returns what client and server received. */
async function grpcEcho(connect: Connect, total: number): Promise<number[]> {
  const server = new grpc.Server()
  let serverReceived!: (bytes: Promise<number>) => void
  const atServer = new Promise<number>((resolve) => (serverReceived = resolve))
  server.addService(
    { Ways: method },
    {
      Ways: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        const received = receive(call)
        serverReceived(received)
        // The end of the server's direction ends the call as a whole.
        void send(call, total, received)
      },
    },
  )
  const client = await (connect === overNet ? grpcOverNet(server) : grpcOver(connect, server))
  const call = client.makeBidiStreamRequest(method.path, bytes, bytes)
  const received = receive(call)
  void send(call, total, Promise.resolve())
  const result = await Promise.all([received, atServer])
  client.close()
  server.forceShutdown()
  return result
}

async function grpcOverNet(server: grpc.Server): Promise<grpc.Client> {
  const port = await new Promise<number>((resolve, reject) => {
    const none = grpc.ServerCredentials.createInsecure()
    server.bindAsync('127.0.0.1:0', none, (error, bound) => (error === null ? resolve(bound) : reject(error)))
  })
  return new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
}

/** The client has no option for a socket, so its credentials swap the TCP connection for one. */
async function grpcOver(connect: Connect, server: grpc.Server): Promise<grpc.Client> {
  const { near: socket, far } = await connect()
  server.createConnectionInjector(grpc.ServerCredentials.createInsecure()).injectConnection(far)
  const door = net.createServer((each) => each.resume()).listen(0, '127.0.0.1')
  await once(door, 'listening')
  onTestFinished(() => void door.close())
  const credentials = grpc.credentials.createInsecure()
  type Connector = { connect(tcp: net.Socket): Promise<{ socket: Duplex; secure: boolean }> }
  const open = credentials as unknown as { _createSecureConnector(...args: unknown[]): Connector }
  const make = open._createSecureConnector.bind(credentials)
  open._createSecureConnector = (...args) => ({
    ...make(...args),
    connect: async (tcp) => {
      tcp.destroy()
      return { socket, secure: false }
    },
  })
  return new grpc.Client(`127.0.0.1:${(door.address() as net.AddressInfo).port}`, credentials)
}

type Writing = { write(chunk: Buffer): boolean; end(): void } & NodeJS.EventEmitter

async function send(call: Writing, total: number, ended: Promise<unknown>): Promise<void> {
  const chunk = Buffer.alloc(65_536)
  for (let sent = 0; sent < total; sent += chunk.length) if (!call.write(chunk)) await once(call, 'drain')
  await ended
  call.end()
}

/** Not by iteration, which would destroy the call at its end. */
function receive(call: NodeJS.EventEmitter): Promise<number> {
  let received = 0
  call.on('data', (chunk: Buffer) => (received += chunk.length))
  return new Promise((resolve, reject) => {
    call.on('end', () => resolve(received))
    call.on('error', reject)
  })
}
