import { totalmem } from 'node:os'
import { runTool } from '../lib/tools.mjs'

/** The largest heap, in MiB: a thousand routers that all hold everything take several GB. */
const MAX_HEAP_MIB = 16_384

/**
 * New objects are collected less often with this much room for them, in MiB: a fifth of the time of a large network.
 */
const SEMI_SPACE_MIB = 64

/**
 * Runs networks of catalogues on virtual time.
 *
 * @param {string[]} args for example `--seed 17` or `--nodes 100 --topology random`
 * @returns {Promise<number>}
 */
export function run(args) {
  const heapMib = Math.min(MAX_HEAP_MIB, Math.floor((0.75 * totalmem()) / 2 ** 20))
  const flags = [`--max-old-space-size=${heapMib}`, `--max-semi-space-size=${SEMI_SPACE_MIB}`]
  return runTool('packages/registry', 'test/sim/main', args, flags)
}
