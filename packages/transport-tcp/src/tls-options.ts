import type { ConnectionOptions, SecureContextOptions } from 'node:tls'

/**
 * TLS with certificates, in `node:tls`'s words: `key`, `cert`, `ca`, `pfx`, `passphrase`, `minVersion`, `ciphers` and the
 * rest of its secure context. A listener needs `key` and `cert` (or `pfx`); so does a dialer, unless the listener asks for
 * no certificate. `ca` says whom to trust, instead of the authorities that Node knows.
 */
export interface TlsOptions extends SecureContextOptions {
  /**
   * Whether a listener asks clients for a certificate. Default `true`: both sides prove who they are. With `false` anybody
   * may connect, and something above must tell who it is.
   */
  requestCert?: boolean
  /** Whether a peer whose certificate is not trusted is turned away. Default `true`; `false` is for trying things out. */
  rejectUnauthorized?: boolean
  /** The name that a dialed peer's certificate must have. Default: the host that was dialed; for a Unix socket `localhost`. */
  servername?: string
  /** Checks a dialed peer's certificate further, as `node:tls` says. Default: that it has the name. */
  checkServerIdentity?: ConnectionOptions['checkServerIdentity']
}
