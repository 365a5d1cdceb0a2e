import { runTool } from '../lib/tools.mjs'

/**
 * Floods a node with half handshakes, while an honest peer 150 ms away joins it again and again.
 *
 * @param {string[]} args for example `--kind "message 1" --addresses 256`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/core', 'test/strangers/main', args)
}
