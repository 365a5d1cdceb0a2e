import { transportSuite } from '@astranet/testkit'
import { tcp } from '@astranet/transport-tcp'
import { describe, it } from 'vitest'

const badAddresses = [
  '',
  'localhost',
  '127.0.0.1:',
  '127.0.0.1:70000',
  '::1:80',
  '[1.2.3.4]:80',
  'a b:80',
  'http://x:1',
]
const listenAddresses = { tcp: 'localhost:0', tcp4: '127.0.0.1:0', tcp6: '[::1]:0' }

for (const [network, listenAddress] of Object.entries(listenAddresses)) {
  transportSuite({
    name: network,
    network,
    listenAddress,
    badAddresses,
    createTransport: tcp,
    // A name server that does not answer, as on a network that has just gone away.
    createUnanswered: () => ({ transport: tcp({ lookup: () => undefined }), address: 'nowhere.example:1' }),
    runner: { describe, it },
  })
}
