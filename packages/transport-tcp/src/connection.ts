import type { Socket } from 'node:net'
import type { Connection } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { formatTcpAddress } from './address.js'

/** A connected socket as a connection. */
export function connectionOf(socket: Socket): Connection {
  return fromNodeDuplex(socket, {
    halfClose: true,
    localAddress: formatEnd(socket.localAddress, socket.localPort),
    remoteAddress: formatEnd(socket.remoteAddress, socket.remotePort),
  })
}

/** A socket whose peer has already reset it has no addresses any more. */
function formatEnd(host: string | undefined, port: number | undefined): string {
  return host === undefined || port === undefined ? '' : formatTcpAddress(host, port)
}
