import { transportSuite } from '@astranet/testkit'
import { describe, it } from 'vitest'
import { TunnelTransport } from './support/tunnel-transport.js'

const unanswered = new TunnelTransport()
const silent = await unanswered.silent()

transportSuite({
  name: 'tunnels through a router',
  createTransport: () => new TunnelTransport(),
  network: 'tunnel',
  listenAddress: 'any',
  badAddresses: ['', 'nowhere', '127.0.0.1:7000'],
  createUnanswered: () => ({ transport: unanswered, address: silent }),
  security: { isPrivate: false, hasExporter: false },
  runner: { describe, it },
})
