import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../lib/failure.mjs'
import { say, timed } from '../lib/say.mjs'
import { root } from '../lib/workspace.mjs'
import * as build from './build.mjs'

/** In this order: what is quick and most often wrong comes first. Each is a module of `checks/`. */
export const checkNames = [
  'format',
  'links',
  'lint',
  'types',
  'layers',
  'unused',
  'browser',
  'packages',
  'consumer',
  'apps',
]

/** Where `ci` finds the outcome: `{"lint": true, ...}`. */
export const reportPath = 'reports/check.json'

/**
 * Sets up, builds, and runs every check, the later ones too when one fails.
 *
 * @param {string[]} args names of checks, default all
 * @returns {Promise<number>}
 */
export async function run(args) {
  const unknown = args.find((name) => !checkNames.includes(name))
  if (unknown !== undefined)
    throw new Failure(`no such check: "${unknown}"`, `it is one of ${checkNames.join(', ')}`)
  await build.run([])
  /** @type {Record<string, boolean>} */
  const outcome = {}
  for (const name of args.length > 0 ? args : checkNames) outcome[name] = await runOne(name)
  mkdirSync(join(root, 'reports'), { recursive: true })
  writeFileSync(join(root, reportPath), `${JSON.stringify(outcome)}\n`)
  const failed = Object.keys(outcome).filter((name) => !outcome[name])
  if (failed.length === 0) return 0
  say(`failed: ${failed.join(', ')}`)
  say(`next: correct what is printed above, then npm run check -- ${failed.join(' ')}`)
  return 1
}

/** @param {string} name */
async function runOne(name) {
  /** @type {{ check(): Promise<boolean> }} */
  const { check } = await import(`../checks/${name}.mjs`)
  try {
    return await timed(`checked ${name}`, check)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    say(`${name}: ${error.message}`)
    return false
  }
}
