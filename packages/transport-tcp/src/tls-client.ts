import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { alpnError, handshakeError } from './handshake-error.js'
import { nodeTls } from './node-modules.js'
import type { TlsSettings } from './tls-settings.js'

/** A handshake in progress. */
export interface ClientHandshake {
  readonly socket: TLSSocket
  /** Resolves when the peer has proved its identity and the protocol is agreed. */
  readonly done: Promise<void>
}

/** Begins the handshake on `raw`, which is connected. `host` is what the peer's certificate must be for. */
export function shakeHandsAsClient(
  raw: Socket,
  settings: TlsSettings,
  { host, peer }: { readonly host: string; readonly peer: string },
): ClientHandshake {
  const { client, alpnProtocol } = settings
  // An IP address is checked, but not sent as a name.
  const hasName = isIP(host) === 0
  const socket = nodeTls().connect({ ...(hasName ? { servername: host } : {}), ...client, host, socket: raw })
  // The TLS socket reports what breaks the socket below.
  raw.on('error', () => {})
  const done = new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => reject(handshakeError(error, peer))
    socket.on('error', onError)
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol !== alpnProtocol) {
        reject(alpnError(socket.alpnProtocol, settings, peer))
        return
      }
      socket.off('error', onError)
      resolve()
    })
  })
  return { socket, done }
}
