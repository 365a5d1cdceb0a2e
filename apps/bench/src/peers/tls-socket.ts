import { once } from 'node:events'
import type { SecureContextOptions } from 'node:tls'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.js'
import { listeningAddress, splitAddress } from './tcp-socket.js'

/** TLS 1.3 with AES-128-GCM, what browsers and servers of today agree on where the processor has AES. */
const PROTOCOL: SecureContextOptions = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' }

/** Options of a server. */
export const TLS_SERVER: SecureContextOptions = { ...PROTOCOL, cert: CERTIFICATE, key: PRIVATE_KEY }

/** Options of a client, which checks the server's certificate. */
export const TLS_CLIENT: SecureContextOptions = { ...PROTOCOL, ca: CERTIFICATE }

/** Accepts sockets on a free port of 127.0.0.1; resolves with `host:port`. Nagle's algorithm is off. */
export async function listenTls(onSocket: (socket: TLSSocket) => void): Promise<string> {
  const server = createServer({ ...TLS_SERVER, allowHalfOpen: true, noDelay: true }, onSocket)
  return await listeningAddress(server)
}

/** Connects to `host:port` with a new TLS session. Nagle's algorithm is off. */
export async function dialTls(address: string): Promise<TLSSocket> {
  const socket = connect({ ...splitAddress(address), ...TLS_CLIENT })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  return socket
}
