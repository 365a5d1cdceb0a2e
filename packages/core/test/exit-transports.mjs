// The options of nodes that meet over a network: the same for a test and its child process.
import { readFileSync } from 'node:fs'
import { tcp } from '@astranet/transport-tcp'

const read = (name) =>
  readFileSync(new URL(`../../transport-tcp/test/certificates/${name}.pem`, import.meta.url), 'utf8')

/** `tls` is `tcp4` with certificates on both sides. */
export function transportsOf(network) {
  if (network !== 'tls') return {}
  const tls = { key: read('server.key'), cert: read('server.cert'), ca: read('authority.cert') }
  return { transports: [tcp({ tls })] }
}
