import type { ByteDuplex } from '@astranet/interface'
import { checkSame } from './assert.js'
import { backPressureChecks } from './checks/back-pressure.js'
import { closingChecks } from './checks/closing.js'
import { deliveryChecks } from './checks/delivery.js'
import { halfCloseChecks } from './checks/half-close.js'
import { PairProbe } from './pair-probe.js'
import type { TestRunner } from './runner.js'

/** The two ends of one pipe. */
export interface DuplexPair {
  readonly a: ByteDuplex
  readonly b: ByteDuplex
}

/** The options of {@link byteDuplexSuite}. */
export interface ByteDuplexSuiteOptions {
  /** The name of the pipe in the names of the tests. */
  name: string
  /** Makes a new connected pair without handlers. Called once per test. */
  createPair(): DuplexPair | Promise<DuplexPair>
  /**
   * Bytes that the pipe takes ahead of the network and still counts in `bufferedBytes`, as a browser's WebSocket does.
   * Default 0: when `onDrain` comes nothing waits.
   */
  aheadBytes?: number
  /** The test runner, for example `{ describe, it }` of vitest or `node:test`. */
  runner: TestRunner
}

/**
 * Registers the tests that every byte duplex must pass: order and integrity, back-pressure, ownership of bytes, handing
 * over, pausing, half-close or its lack (as `capabilities` says), ending and aborting. Each test gets a new pair, and
 * aborts it at the end. At most 64 MiB are written to fill a pipe whose reader is paused.
 */
export function byteDuplexSuite(options: ByteDuplexSuiteOptions): void {
  const { describe, it } = options.runner
  const checks = [...deliveryChecks, ...backPressureChecks, ...halfCloseChecks, ...closingChecks]
  describe(`${options.name}: byte duplex`, () => {
    for (const { name, run } of checks) {
      it(name, async () => {
        const pair = new PairProbe(await options.createPair(), options.aheadBytes)
        try {
          await run(pair)
        } finally {
          await pair.close()
        }
        checkSame(pair.violations.join('; '), '', 'breaches of the contract')
      })
    }
  })
}
