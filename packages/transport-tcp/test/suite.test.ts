import { transportSuite } from '@astranet/testkit'
import { tcp, type TcpOptions } from '@astranet/transport-tcp'
import { describe, it } from 'vitest'
import { memberTls } from './support.js'

const badTcpAddresses = [
  '',
  'localhost',
  '127.0.0.1:',
  '127.0.0.1:70000',
  '::1:80',
  '[1.2.3.4]:80',
  'a b:80',
  'http://x:1',
]
const networks = {
  tcp: { listenAddress: 'localhost:0', badAddresses: badTcpAddresses },
  tcp4: { listenAddress: '127.0.0.1:0', badAddresses: badTcpAddresses },
  tcp6: { listenAddress: '[::1]:0', badAddresses: badTcpAddresses },
  unix: { listenAddress: '*', badAddresses: ['', `/tmp/${'x'.repeat(120)}`] },
}
type NetworkName = keyof typeof networks
const securities: readonly (readonly [string, TcpOptions, readonly NetworkName[]])[] = [
  ['plain', {}, ['tcp', 'tcp4', 'tcp6', 'unix']],
  ['certificates over TLS 1.3', { tls: memberTls }, ['tcp', 'tcp6', 'unix']],
  ['certificates over TLS 1.2', { tls: { ...memberTls, maxVersion: 'TLSv1.2' } }, ['tcp4']],
]

for (const [security, options, names] of securities) {
  const transport = tcp(options)
  for (const network of names) {
    const hasExporter = options.tls !== undefined && options.tls.maxVersion !== 'TLSv1.2'
    // A name server that does not answer, as on a network that has just gone away.
    const unanswered = tcp({ ...options, lookup: () => undefined })
    transportSuite({
      name: `${network}, ${security}`,
      network,
      ...networks[network],
      createTransport: () => transport,
      security: { isPrivate: true, hasExporter },
      ...(network === 'unix'
        ? {}
        : { createUnanswered: () => ({ transport: unanswered, address: 'nowhere.example:1' }) }),
      runner: { describe, it },
    })
  }
}
