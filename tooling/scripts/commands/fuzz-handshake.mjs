import { runTool } from '../lib/tools.mjs'

/**
 * Feeds mutated handshakes and records to both sides of a secure pipe.
 *
 * @param {string[]} args for example `--runs 10000000` or `--seed 17 --runs 1`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/secure', 'test/fuzz/main', args)
}
