// The options of nodes that meet over a network of the tests: the same in a test and in its child process.
import { readFileSync } from 'node:fs'
import { tcp } from '@astranet/transport-tcp'

const folder = new URL('../../transport-tcp/test/certificates/', import.meta.url)
const read = (name) => readFileSync(new URL(`${name}.pem`, folder), 'utf8')

/** `tls` is `tcp4` with certificates on both sides. */
export function transportsOf(over) {
  if (over !== 'tls') return {}
  const tls = { key: read('server.key'), cert: read('server.cert'), ca: read('authority.cert') }
  return { transports: [tcp({ tls })] }
}
