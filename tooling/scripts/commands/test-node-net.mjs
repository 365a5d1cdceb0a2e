import { runTool } from '../lib/tools.mjs'

/**
 * Runs Node's own tests of net with the net module of AstraNet, and compares what passes with the published list.
 * NODE_TEST_DIR says where they are.
 *
 * @param {string[]} args for example `test-net-connect-buffer.js`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/core', 'test/node-net/main', args)
}
