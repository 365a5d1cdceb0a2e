import type { Transport } from '@astranet/interface'
import type { ExpectedSecurity } from './duplex-suite-options.js'
import type { TestRunner } from './runner.js'

/** The options of `transportSuite`. */
export interface TransportSuiteOptions {
  /** The name of the transport in the names of the tests. */
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
  /** What both ends of its connections report as their `security`. Default: both must report the same. */
  security?: ExpectedSecurity
  /** The test runner, for example `{ describe, it }` of vitest or `node:test`. */
  runner: TestRunner
}

/** A dial that is never answered. */
export interface UnansweredDial {
  readonly transport: Transport
  readonly address: string
}
