import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { Session, type SessionOptions } from '../../src/index.js'

/** Two ends of a TCP connection on the loopback, which the test's end destroys. */
export async function tcpPair(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const [far] = (await once(server, 'connection')) as [Socket]
  server.close()
  if (near.connecting) await once(near, 'connect')
  onTestFinished(() => {
    near.destroy()
    far.destroy()
  })
  return [near, far]
}

/** Two sessions over a TCP connection. */
export async function sessionPair(
  options: { client?: Partial<SessionOptions>; server?: Partial<SessionOptions> } = {},
): Promise<{ client: Session; server: Session; sockets: [Socket, Socket] }> {
  const sockets = await tcpPair()
  const client = new Session(sockets[0], { role: 'client', ...options.client })
  const server = new Session(sockets[1], { role: 'server', ...options.server })
  return { client, server, sockets }
}

/** Resolves when `count` events of `what` are through: one turn of the event loop each. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
