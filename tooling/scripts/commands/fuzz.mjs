import { runTool } from '../lib/tools.mjs'

/**
 * Feeds the decoder and the session mutated bytes.
 *
 * @param {string[]} args for example `--runs 10000000` or `--update`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/mux', 'test/fuzz/main', args)
}
