import { importIdentity, type Identity } from '@astranet/secure'

/** The identity of a private key of 32 bytes. */
export function identityOf(privateKey: Uint8Array): Promise<Identity> {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), privateKey])
  return importIdentity(
    `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`,
  )
}
