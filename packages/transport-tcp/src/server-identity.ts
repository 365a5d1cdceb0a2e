import { isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { AstraError } from '@astranet/interface'
import { nodeCrypto, nodeTls } from './node-modules.js'

/**
 * Checks that a peer's certificate is for `host`, as `node:tls` wants it: returns an error when it is not. Node 22.23 accepts
 * no certificate for an IPv6 address (it reads all hosts as names), so OpenSSL checks IP addresses.
 */
export function checkPeerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const ip = host.replace(/%.*$/, '')
  if (isIP(ip) === 0) return nodeTls().checkServerIdentity(host, certificate)
  const { X509Certificate } = nodeCrypto()
  if (new X509Certificate(certificate.raw).checkIP(ip) !== undefined) return undefined
  const message = `The certificate is not for ${ip}, but for ${certificate.subjectaltname || 'no name'}.`
  return new AstraError('ERR_TLS_CERT_ALTNAME_INVALID', message)
}
