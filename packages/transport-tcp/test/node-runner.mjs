// Run by `node --test` on the built packages: the suites need no particular test runner, and leave nothing behind that
// would keep this process alive.
import { describe, it } from 'node:test'
import { transportSuite } from '@astranet/testkit'
import { tcp } from '@astranet/transport-tcp'

transportSuite({
  name: 'tcp4 under node:test',
  network: 'tcp4',
  listenAddress: '127.0.0.1:0',
  badAddresses: ['localhost'],
  createTransport: tcp,
  createUnanswered: () => ({ transport: tcp({ lookup: () => undefined }), address: 'nowhere.example:1' }),
  runner: { describe, it },
})
