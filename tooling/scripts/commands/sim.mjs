import { runTool } from '../lib/tools.mjs'

/**
 * Runs the simulation of the multiplexer on virtual time.
 *
 * @param {string[]} args for example `--seed 17` or `--seeds 100000`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/mux', 'test/sim/main', args)
}
