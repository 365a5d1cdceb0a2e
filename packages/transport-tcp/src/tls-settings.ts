import type { ConnectionOptions, SecureContextOptions, TlsOptions as ServerOptions } from 'node:tls'
import { nodeCrypto } from './node-modules.js'
import { DEFAULT_HANDSHAKE_TIMEOUT_MS, type TcpOptions } from './options.js'
import { stretchSecret } from './secret.js'
import { checkPeerIdentity } from './server-identity.js'
import type { TlsOptions } from './tls-options.js'

/** The settings of both sides of a TLS connection, ready for `node:tls`. */
export interface TlsSettings {
  readonly kind: 'certificates' | 'secret'
  /** Whether a listener accepts only clients that have proved their identity. */
  readonly isMutual: boolean
  readonly alpnProtocol: string
  readonly client: ConnectionOptions
  readonly server: ServerOptions
}

/** The default of {@link TcpOptions.alpnProtocol}. */
const DEFAULT_ALPN_PROTOCOL = 'astranet-1-qx02'

/** The identity that a client sends with its proof. It is the same for all networks, because it is sent in the clear. */
const PSK_IDENTITY = 'astranet-1'

/**
 * One cipher suite, in the only version of TLS in which the suite shows that the secret was used. Over TLS 1.3 a client that
 * offers a secret also accepts a certificate instead, and a server with a certificate accepts clients without a secret.
 */
const PSK_CONTEXT: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  ecdhCurve: 'X25519:P-256',
}

/** The settings for `options`; `undefined` without TLS. Stretching a secret takes about 0.1 s. */
export async function tlsSettings(options: TcpOptions): Promise<TlsSettings | undefined> {
  const { tls, secret, alpnProtocol = DEFAULT_ALPN_PROTOCOL } = options
  const common = {
    alpnProtocol,
    handshakeTimeout: options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS,
  }
  if (secret !== undefined) return secretSettings(await stretchSecret(secret), common)
  return tls === undefined ? undefined : certificateSettings(tls, common)
}

interface Common {
  readonly alpnProtocol: string
  readonly handshakeTimeout: number
}

function secretSettings(psk: Buffer, { alpnProtocol, handshakeTimeout }: Common): TlsSettings {
  const { SSL_OP_NO_TICKET, SSL_OP_NO_RENEGOTIATION } = nodeCrypto().constants
  const shared = {
    ...PSK_CONTEXT,
    secureOptions: SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION,
    ALPNProtocols: [alpnProtocol],
  }
  return {
    kind: 'secret',
    isMutual: true,
    alpnProtocol,
    client: {
      ...shared,
      pskCallback: () => ({ identity: PSK_IDENTITY, psk }),
      // This suite has no certificates to check.
      checkServerIdentity: () => undefined,
    },
    server: {
      ...shared,
      handshakeTimeout,
      pskCallback: (_socket, identity) => (identity === PSK_IDENTITY ? psk : null),
    },
  }
}

function certificateSettings(tls: TlsOptions, { alpnProtocol, handshakeTimeout }: Common): TlsSettings {
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
    kind: 'certificates',
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
