/**
 * Prints one line on stderr: stdout belongs to the program that a script runs.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`astranet: ${line}\n`)
}

/**
 * Runs `work` and says how long it took.
 *
 * @template T
 * @param {string} phase
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function timed(phase, work) {
  const start = performance.now()
  const result = await work()
  say(`${phase} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
  return result
}
