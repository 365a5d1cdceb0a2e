import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ByteDuplex } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import type { DuplexPair } from '@astranet/testkit'
import {
  generateIdentity,
  secure,
  type CryptoProvider,
  type SecureOptions,
  type SecurePipe,
} from '../../src/index.js'

const initiatorIdentity = generateIdentity()
const responderIdentity = generateIdentity()

/** Options of both sides that a test changes. */
export type SideOptions = Partial<SecureOptions>

/** Makes both ends of a pipe secure, each by its own provider. */
export async function securePair(
  { a, b }: DuplexPair,
  initiator: SideOptions = {},
  responder: SideOptions = {},
): Promise<{ a: SecurePipe; b: SecurePipe }> {
  const [first, second] = await Promise.all([asInitiator(a, initiator), asResponder(b, responder)])
  return { a: first, b: second }
}

/** The side that begins. */
export async function asInitiator(pipe: ByteDuplex, options: SideOptions = {}): Promise<SecurePipe> {
  return secure(pipe, { role: 'initiator', identity: await initiatorIdentity, ...options })
}

/** The side that answers. */
export async function asResponder(pipe: ByteDuplex, options: SideOptions = {}): Promise<SecurePipe> {
  return secure(pipe, { role: 'responder', identity: await responderIdentity, ...options })
}

/** Options that name a provider. */
export function by(provider: CryptoProvider): SideOptions {
  return { provider }
}

/** The two sockets of a TCP connection over 127.0.0.1. */
export function tcpSockets(): Promise<[Socket, Socket]> {
  return new Promise((resolve, reject) => {
    const sockets: Socket[] = []
    const add = (socket: Socket): void => {
      sockets.push(socket)
      const [one, other] = sockets
      if (one === undefined || other === undefined) return
      server.close()
      resolve([one, other])
    }
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, add)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => add(socket))
      socket.on('error', reject)
    })
  })
}

/** Both ends of a TCP connection over 127.0.0.1. */
export async function tcpPair(options: { halfClose?: boolean } = {}): Promise<DuplexPair> {
  const [one, other] = await tcpSockets()
  return { a: fromNodeDuplex(one, options), b: fromNodeDuplex(other, options) }
}
