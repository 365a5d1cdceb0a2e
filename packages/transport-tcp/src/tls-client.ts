import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { alpnError, handshakeError } from './handshake-error.js'
import { nodeTls } from './node-modules.js'
import type { TlsSettings } from './tls-settings.js'

/** A handshake under way. */
export interface ClientHandshake {
  readonly socket: TLSSocket
  /** Resolves when the peer has proved who it is and the protocol was agreed. */
  readonly done: Promise<void>
}

/** Begins the handshake on `raw`, which is connected. `host` is what the peer's certificate must be for. */
export function shakeHandsAsClient(
  raw: Socket,
  settings: TlsSettings,
  { host, who }: { readonly host: string; readonly who: string },
): ClientHandshake {
  const { client, alpnProtocol, kind } = settings
  // An IP address is no name to send, only one to check.
  const hasName = kind === 'certificates' && isIP(host) === 0
  const socket = nodeTls().connect({ ...(hasName ? { servername: host } : {}), ...client, host, socket: raw })
  // What breaks the socket below is told by the one over it.
  raw.on('error', () => {})
  const done = new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => reject(handshakeError(error, settings, who))
    socket.on('error', onError)
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol !== alpnProtocol) {
        reject(alpnError(socket.alpnProtocol, settings, who))
        return
      }
      socket.off('error', onError)
      resolve()
    })
  })
  return { socket, done }
}
