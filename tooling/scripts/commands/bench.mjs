import { runApp } from '../lib/apps.mjs'

/**
 * Runs the benchmarks.
 *
 * @param {string[]} args for example `--only bulk,churn --peers tcp,http2`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runApp('bench', args)
}
