import { runTool } from '../lib/tools.mjs'

/**
 * Runs networks of catalogues on virtual time.
 *
 * @param {string[]} args for example `--seed 17` or `--nodes 100 --topology random`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/registry', 'test/sim/main', args)
}
