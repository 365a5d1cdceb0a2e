import { createSecureContext } from 'node:tls'
import type { TlsPaths } from '../arguments/tls-paths.js'
import { messageOf, usageFailure } from '../failure.js'
import { readTextFile } from './read-file.js'

/** The longest file of certificates or of a key, in bytes. */
export const MAX_PEM_BYTES = 1_048_576

/** Certificate, key and authorities in PEM, as `node:tls` takes them. */
export interface TlsMaterial {
  readonly cert?: string
  readonly key?: string
  readonly ca?: string
}

/** Reads the files of TLS. Throws a usage `Failure` that names the option. */
export async function readTlsFiles({ cert, key, ca }: TlsPaths): Promise<TlsMaterial> {
  const material: TlsMaterial = {
    ...(cert === undefined ? {} : { cert: await pem('--tls-cert', cert) }),
    ...(key === undefined ? {} : { key: await pem('--tls-key', key) }),
    ...(ca === undefined ? {} : { ca: await pem('--tls-ca', ca) }),
  }
  check(material, cert ?? ca ?? '')
  return material
}

async function pem(option: string, path: string): Promise<string> {
  const { text } = await readTextFile(option, path, MAX_PEM_BYTES)
  if (!text.includes('-----BEGIN ')) throw usageFailure(`${option} ${path}: the file has nothing in PEM`)
  return text
}

/** Whether key and certificate go together is known only when both are used. */
function check(material: TlsMaterial, path: string): void {
  try {
    createSecureContext(material)
  } catch (error) {
    throw usageFailure(`--tls-cert, --tls-key or --tls-ca (${path}): ${messageOf(error)}`, error)
  }
}
