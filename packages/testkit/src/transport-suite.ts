import { checkSame } from './assert.js'
import { connectionChecks } from './checks/connections.js'
import { dialChecks } from './checks/dialing.js'
import { listenChecks } from './checks/listening.js'
import { byteDuplexSuite } from './duplex-suite.js'
import { openSockets, TransportProbe } from './transport-probe.js'
import type { TransportSuiteOptions } from './transport-suite-options.js'

/**
 * Registers the tests that every transport must pass: dialing and listening, their errors, giving up, closing, many
 * connections at once, no sockets left open; and {@link byteDuplexSuite} on its connections.
 */
export function transportSuite(options: TransportSuiteOptions): void {
  const { describe, it } = options.runner
  describe(`${options.name}: transport`, () => {
    for (const { name, run } of [...listenChecks, ...dialChecks(options), ...connectionChecks]) {
      it(name, async () => {
        const socketsBefore = openSockets()
        const probe = new TransportProbe(options)
        try {
          await run(probe)
        } finally {
          await probe.close(socketsBefore)
        }
        checkSame(probe.violations.join('; '), '', 'breaches of the contract')
      })
    }
  })
  byteDuplexSuite({
    name: options.name,
    runner: options.runner,
    ...(options.security === undefined ? {} : { security: options.security }),
    createPair: async () => {
      const probe = new TransportProbe(options)
      const pair = await probe.connect()
      await probe.closeListeners()
      return pair
    },
  })
}
