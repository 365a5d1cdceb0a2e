import { Failure } from './failure.mjs'
import { say } from './say.mjs'

/** The commands that there are: each is a file of the folder commands, and `ci` is called by CI. */
export const commands = [
  'setup',
  'build',
  'test',
  'test-netns',
  'test-node-net',
  'test-browser',
  'check',
  'demo',
  'bench',
  'sim',
  'fuzz',
  'fuzz-handshake',
  'simulate-registry',
  'soak',
  'strangers',
  'differential',
  'ci',
]

/**
 * Runs one command and sets the exit code of this process.
 *
 * @param {string[]} argv the command's name, then its arguments
 * @returns {Promise<void>}
 */
export async function main([name = '', ...args]) {
  try {
    if (!commands.includes(name))
      throw new Failure(`no such script: "${name}"`, `it is one of ${commands.join(', ')}`)
    /** @type {{ run(args: string[]): Promise<number> }} */
    const command = await import(`../commands/${name}.mjs`)
    process.exitCode = await command.run(args)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    say(`failed: ${error.message}`)
    say(`next: ${error.next}`)
    process.exitCode = error.exitCode
  }
}
