import { expect } from 'vitest'
import { AstraNet, formatNodeId, type AstraNetOptions, type Socket } from '../src/index.js'
import { textOf, until } from './support.js'

/** A router, and a server behind it that echoes on port 7. */
export interface Place extends AsyncDisposable {
  readonly router: AstraNet
  readonly server: AstraNet
  readonly address: string
}

/** `options` are those of the router, `serverOptions` those of the server. */
export async function place(
  options: AstraNetOptions = {},
  serverOptions: AstraNetOptions = {},
): Promise<Place> {
  const router = new AstraNet({ role: 'router', ...options })
  const { address } = await router.listenAndServe('tcp4', '127.0.0.1:0')
  const server = new AstraNet(serverOptions)
  await server.join('tcp4', address)
  const listener = await server.bind('', 'echo:7')
  listener.on('connection', (socket: Socket) => socket.on('error', () => undefined).pipe(socket))
  await until(() => router.services().length === 1)
  return {
    ...{ router, server, address },
    async [Symbol.asyncDispose]() {
      await Promise.all([server.close(), router.close()])
    },
  }
}

/** An honest node still reaches the server through the router. */
export async function serves({ address, server }: Place): Promise<void> {
  await using client = new AstraNet()
  await client.join('tcp4', address)
  const socket = await client.dial('', `${formatNodeId(server.nodeId)}:7`)
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
}
