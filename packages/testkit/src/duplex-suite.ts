import { checkSame } from './assert.js'
import { backPressureChecks } from './checks/back-pressure.js'
import { closingChecks } from './checks/closing.js'
import { deliveryChecks } from './checks/delivery.js'
import { halfCloseChecks } from './checks/half-close.js'
import { refChecks } from './checks/ref.js'
import { securityChecks } from './checks/security.js'
import type { ByteDuplexSuiteOptions } from './duplex-suite-options.js'
import { PairProbe } from './pair-probe.js'

/**
 * Registers the tests that every byte duplex must pass: order and integrity, back-pressure, ownership of bytes, handing
 * over, pausing, half-close or its lack (as `capabilities` says), ending and aborting, `ref` and `unref`, what `security`
 * reports. Each test gets a new pair, and aborts it at the end. At most 64 MiB are written to fill a pipe whose reader is
 * paused.
 */
export function byteDuplexSuite(options: ByteDuplexSuiteOptions): void {
  const { describe, it } = options.runner
  const checks = [
    ...deliveryChecks,
    ...backPressureChecks,
    ...halfCloseChecks,
    ...closingChecks,
    ...refChecks,
    ...securityChecks(options),
  ]
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
