import type { RawOptions } from './arguments/command.js'
import { parseArguments } from './arguments/parse.js'
import { settingsOf } from './arguments/settings.js'
import { ExitCode } from './failure.js'
import { endOf } from './lifecycle/end-of.js'

/** Runs the command with its arguments (without node and script), and ends the process. */
export async function main(args: readonly string[]): Promise<void> {
  process.on('uncaughtException', fail)
  try {
    const request = parseArguments(args)
    if (request.kind === 'text') process.stdout.write(request.text)
    else process.exit(await run(request.options))
  } catch (error) {
    fail(error)
  }
}

async function run(options: RawOptions): Promise<number> {
  const settings = settingsOf(options, process.stdout.isTTY === true)
  // Loaded now, so that help and errors do not wait for all the rest of the program.
  const { start } = await import('./lifecycle/start.js')
  return await start(settings)
}

function fail(error: unknown): void {
  const { message, exitCode } = endOf(error)
  const advice = exitCode === ExitCode.USAGE ? '\nTry astranet-relay --help.' : ''
  process.stderr.write(`astranet-relay: ${message}${advice}\n`)
  process.exit(exitCode)
}
