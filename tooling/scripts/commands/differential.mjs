import { runTool } from '../lib/tools.mjs'

/**
 * Plays random plans on a pair of sockets, of node:net and of AstraNet, and compares what they do.
 *
 * @param {string[]} args for example `--seed 17` or `--seeds 5000`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/core', 'test/differential/main', args)
}
