import { runApp } from '../lib/apps.mjs'

/**
 * Runs the demo.
 *
 * @param {string[]} args for example `--streams 1000000 --json`
 * @returns {Promise<number>}
 */
export function run(args) {
  return runApp('demo', args)
}
