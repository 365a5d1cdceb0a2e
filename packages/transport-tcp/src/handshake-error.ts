import { AstraError } from '@astranet/interface'
import type { TlsSettings } from './tls-settings.js'

/** What OpenSSL's reasons and Node's codes of untrusted certificates mean: pattern, code and text for a person. */
const MEANINGS: readonly (readonly [RegExp, string, string])[] = [
  [
    /NO_APPLICATION_PROTOCOL/,
    'ASTRA_ERR_TLS_ALPN',
    'the two sides do not speak the same protocol over TLS (ALPN)',
  ],
  [
    /CERT|ISSUER|SIGNED|UNKNOWN_CA|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH|CRL/,
    'ASTRA_ERR_TLS_CERTIFICATE',
    'a certificate is missing or not trusted',
  ],
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE|BAD_RECORD_TYPE/,
    'ASTRA_ERR_TLS_HANDSHAKE',
    'the peer does not speak TLS there',
  ],
]

/** The error of a handshake that failed with `error`. `peer` is for example "the peer at 10.0.0.1:443". */
export function handshakeError(error: Error, peer: string): AstraError {
  const { code: found = '' } = error as { code?: string }
  const [, code, meaning] = MEANINGS.find(([pattern]) => pattern.test(found)) ?? [undefined, '', '']
  const options = { cause: error }
  if (code !== '') return new AstraError(code, sentence(peer, `${meaning} (${found})`), options)
  if (found === 'ERR_TLS_HANDSHAKE_TIMEOUT') {
    return new AstraError('ETIMEDOUT', sentence(peer, 'it did not complete the handshake in time'), options)
  }
  if (found === 'ECONNRESET' || found === 'EPIPE') {
    const meaning = 'it closed the connection during the handshake'
    return new AstraError('ECONNRESET', sentence(peer, meaning), options)
  }
  return new AstraError('ASTRA_ERR_TLS_HANDSHAKE', sentence(peer, error.message.trim()), options)
}

/** The error of a peer that completed the handshake without agreeing on the protocol: Node accepts such peers. */
export function alpnError(
  agreed: string | false | null,
  { alpnProtocol }: TlsSettings,
  peer: string,
): AstraError {
  const found = typeof agreed === 'string' ? JSON.stringify(agreed) : 'no protocol'
  const meaning = `it agreed on ${found} over TLS (ALPN), not on "${alpnProtocol}"`
  return new AstraError('ASTRA_ERR_TLS_ALPN', sentence(peer, meaning))
}

function sentence(peer: string, meaning: string): string {
  return `TLS with ${peer} failed: ${meaning}.`
}
