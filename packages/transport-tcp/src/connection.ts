import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection, MemoryUse } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { formatTcpAddress } from './address.js'

/** The addresses of the two ends of a connection. Unix sockets do not know their path. */
export interface EndNames {
  readonly localAddress: string
  readonly remoteAddress: string
}

/** Whether a connection is confidential, and how it uses memory. */
export interface ConnectionTraits {
  readonly confidential: boolean
  readonly memory: MemoryUse
}

/** The ends of a TCP connection. A socket that its peer has already reset has no addresses any more. */
export function tcpEnds(socket: Socket): EndNames {
  return {
    localAddress: formatEnd(socket.localAddress, socket.localPort),
    remoteAddress: formatEnd(socket.remoteAddress, socket.remotePort),
  }
}

/** A connected socket as a connection. Bytes on a Unix socket never leave the machine. */
export function plainConnection(socket: Socket, ends: EndNames, traits: ConnectionTraits): Connection {
  return fromNodeDuplex(socket, { halfClose: true, ...ends, ...traits })
}

/**
 * A TLS socket as a connection, after its handshake. TLS has no reset, and a reset of the socket below crashes Node 20, so
 * the peer of an abort sees an end.
 */
export function tlsConnection(socket: TLSSocket, ends: EndNames, traits: ConnectionTraits): Connection {
  return fromNodeDuplex(socket, { halfClose: true, ...ends, ...traits })
}

function formatEnd(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? '' : formatTcpAddress(host, port)
}
