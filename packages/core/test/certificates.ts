import { readFileSync } from 'node:fs'

/**
 * A key, a certificate for localhost, 127.0.0.1 and ::1, and the authority that signed it: the tests' of the TCP
 * transport.
 */
export function memberTls(): { key: string; cert: string; ca: string } {
  const read = (name: string): string =>
    readFileSync(new URL(`../../transport-tcp/test/certificates/${name}.pem`, import.meta.url), 'utf8')
  return { key: read('server.key'), cert: read('server.cert'), ca: read('authority.cert') }
}
