import { execNode } from '../lib/exec.mjs'
import { Failure } from '../lib/failure.mjs'
import { timed } from '../lib/say.mjs'
import * as setup from './setup.mjs'

/**
 * Sets up, then compiles every package, each once and after those it needs; what has not changed comes from a local
 * cache.
 *
 * @param {string[]} args for turbo, for example `--filter=@astranet/mux...`
 * @returns {Promise<number>}
 */
export async function run(args) {
  await setup.run()
  await timed('built', () => turbo('build', args))
  return 0
}

/**
 * Runs a task in every package that has it. Prints what turbo and the task say only when it fails.
 *
 * @param {string} task
 * @param {string[]} [args]
 * @returns {Promise<void>}
 */
export async function turbo(task, args = []) {
  const options = ['--ui=stream', '--output-logs=errors-only', ...args]
  const { exitCode, output } = await execNode('node_modules/turbo/bin/turbo', ['run', task, ...options], {
    output: 'capture',
  })
  if (exitCode === 0) return
  process.stderr.write(output)
  throw new Failure(
    `${task}: a package does not compile`,
    "correct the first of the compiler's errors above",
    exitCode,
  )
}
