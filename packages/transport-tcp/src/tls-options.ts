import type { ConnectionOptions, SecureContextOptions } from 'node:tls'

/**
 * TLS with certificates, with the option names of `node:tls`: `key`, `cert`, `ca`, `pfx`, `passphrase`, `minVersion`, `ciphers` and the
 * rest of its secure context. A listener needs `key` and `cert` (or `pfx`); so does a dialer, unless the listener requests
 * no certificate. `ca` lists the trusted authorities, in place of those that Node knows.
 */
export interface TlsOptions extends SecureContextOptions {
  /**
   * Whether a listener requests a certificate of clients. Default `true`: both sides prove their identity. With `false` any
   * client may connect, and a layer above must authenticate it.
   */
  requestCert?: boolean
  /** Whether a peer whose certificate is not trusted is refused. Default `true`; `false` is for experiments. */
  rejectUnauthorized?: boolean
  /** The name that a dialed peer's certificate must have. Default: the host that was dialed; for a Unix socket `localhost`. */
  servername?: string
  /** Checks a dialed peer's certificate further, as in `node:tls`. Default: checks that the certificate has the name. */
  checkServerIdentity?: ConnectionOptions['checkServerIdentity']
}
