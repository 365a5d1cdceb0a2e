import { exec } from './exec.mjs'

/** @typedef {import('./exec.mjs').ExecOptions} ExecOptions */

/**
 * Runs npm, by way of the one that runs this script if one does: on Windows `npm` is no program that can be spawned.
 *
 * @param {string[]} args
 * @param {ExecOptions} [options]
 */
export function execNpm(args, options) {
  const npm = process.env.npm_execpath
  return npm?.endsWith('npm-cli.js')
    ? exec(process.execPath, [npm, ...args], options)
    : exec('npm', args, options)
}
