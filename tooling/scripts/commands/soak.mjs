import { runTool } from '../lib/tools.mjs'

/**
 * Opens and closes very many streams in one session and compares the heap before and after.
 *
 * @param {string[]} args for example `--streams 1000000`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runTool('packages/mux', 'test/soak/main', args)
}
