import type { Transport } from '@astranet/interface'
import { checkSame } from './assert.js'
import { connectionChecks } from './checks/connections.js'
import { dialChecks } from './checks/dialing.js'
import { listenChecks } from './checks/listening.js'
import { byteDuplexSuite } from './duplex-suite.js'
import { openSockets, TransportProbe } from './transport-probe.js'
import type { TestRunner } from './runner.js'

/** What {@link transportSuite} is run on. */
export interface TransportSuiteOptions {
  /** What the transport is called in the tests' names. */
  name: string
  /** Makes a transport. Called once per test. */
  createTransport(): Transport
  /** The network to dial and listen on, one of the transport's `networks`. */
  network: string
  /** Where to listen so that the transport chooses a free address, for example `'127.0.0.1:0'`. */
  listenAddress: string
  /** Addresses that cannot be read. Each must be refused by `dial` and by `listen` with a TypeError or RangeError. */
  badAddresses: readonly string[]
  /**
   * Makes a transport and an address that never answers a dial, so that giving up can be tested. Left out: those tests
   * are not registered.
   */
  createUnanswered?(): UnansweredDial
  /** The test runner, for example `{ describe, it }` of vitest or `node:test`. */
  runner: TestRunner
}

/** A dial that would take for ever. */
export interface UnansweredDial {
  readonly transport: Transport
  readonly address: string
}

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
    createPair: async () => {
      const probe = new TransportProbe(options)
      const pair = await probe.connect()
      await probe.closeListeners()
      return pair
    },
  })
}
