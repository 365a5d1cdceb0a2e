import type { ConnectionOptions, TlsOptions as ServerOptions } from 'node:tls'
import { nodeCrypto } from './node-modules.js'
import { DEFAULT_HANDSHAKE_TIMEOUT_MS, type TcpOptions } from './options.js'
import { checkPeerIdentity } from './server-identity.js'

/** The settings of both sides of a TLS connection, ready for `node:tls`. */
export interface TlsSettings {
  /** Whether a listener accepts only clients that have proved their identity. */
  readonly isMutual: boolean
  readonly alpnProtocol: string
  readonly client: ConnectionOptions
  readonly server: ServerOptions
}

/** The default of {@link TcpOptions.alpnProtocol}. */
const DEFAULT_ALPN_PROTOCOL = 'astranet-1-qx02'

/** The settings for `options`; `undefined` without TLS. */
export function tlsSettings(options: TcpOptions): TlsSettings | undefined {
  const { tls, alpnProtocol = DEFAULT_ALPN_PROTOCOL } = options
  if (tls === undefined) return undefined
  const handshakeTimeout = options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS
  const { requestCert = true, rejectUnauthorized = true, servername, ...rest } = tls
  const { checkServerIdentity = checkPeerIdentity, ...context } = rest
  const shared = {
    ...context,
    // A client that renegotiates over and over costs a server much and itself little.
    secureOptions: (context.secureOptions ?? 0) | nodeCrypto().constants.SSL_OP_NO_RENEGOTIATION,
    ALPNProtocols: [alpnProtocol],
    rejectUnauthorized,
  }
  return {
    isMutual: requestCert && rejectUnauthorized,
    alpnProtocol,
    client: {
      ...shared,
      ...(servername === undefined ? {} : { servername }),
      checkServerIdentity,
    },
    server: { ...shared, requestCert, handshakeTimeout },
  }
}
