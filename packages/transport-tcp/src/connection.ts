import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection, MemoryUse, PipeSecurity } from '@astranet/interface'
import { fromNodeDuplex, tlsSecurity } from '@astranet/interface/node-duplex'
import { formatTcpAddress } from './address.js'

/** The addresses of the two ends of a connection. Unix sockets do not know their path. */
export interface EndNames {
  readonly localAddress: string
  readonly remoteAddress: string
}

/** What a connection does not show of itself. */
export interface ConnectionTraits {
  /** Whether it is a Unix socket that leads to a program on this machine. */
  readonly isLocalUnix: boolean
  readonly memory: MemoryUse
}

/** The ends of a TCP connection. A socket that its peer has already reset has no addresses any more. */
export function tcpEnds(socket: Socket): EndNames {
  return {
    localAddress: formatEnd(socket.localAddress, socket.localPort),
    remoteAddress: formatEnd(socket.remoteAddress, socket.remotePort),
  }
}

/** A connected socket as a connection. */
export function plainConnection(socket: Socket, ends: EndNames, traits: ConnectionTraits): Connection {
  return makeConnection(socket, ends, traits)
}

/**
 * A TLS socket as a connection, after its handshake. TLS has no reset, and a reset of the socket below crashes Node
 * 20, so the peer of an abort sees an end.
 */
export function tlsConnection(socket: TLSSocket, ends: EndNames, traits: ConnectionTraits): Connection {
  return makeConnection(socket, ends, traits)
}

function makeConnection(
  socket: Socket,
  ends: EndNames,
  { isLocalUnix, memory }: ConnectionTraits,
): Connection {
  // A TCP socket shows its security itself; a Unix socket has no addresses by which it could.
  const own: { security?: PipeSecurity } = isLocalUnix
    ? { security: { isPrivate: true, ...tlsSecurity(socket) } }
    : {}
  return fromNodeDuplex(socket, { halfClose: true, memory, ...ends, ...own })
}

function formatEnd(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? '' : formatTcpAddress(host, port)
}
