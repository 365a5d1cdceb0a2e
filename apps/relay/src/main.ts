import { parseArguments } from './arguments/parse.js'
import { settingsOf } from './arguments/settings.js'
import { ExitCode } from './failure.js'
import { endOf, run } from './lifecycle/run.js'
import { makeLogger } from './log/logger.js'
import { logWarnings } from './log/warnings.js'

/** Runs the command with its arguments (without node and script), and ends the process. */
export async function main(args: readonly string[]): Promise<void> {
  process.on('uncaughtException', fail)
  try {
    process.exit(await command(args))
  } catch (error) {
    fail(error)
  }
}

async function command(args: readonly string[]): Promise<number> {
  const request = parseArguments(args)
  if (request.kind === 'text') {
    process.stdout.write(request.text)
    return ExitCode.DONE
  }
  const settings = settingsOf(request.options, process.stdout.isTTY === true)
  // The relay goes on when whatever reads its log is gone.
  process.stdout.on('error', () => undefined)
  const log = makeLogger(settings.logFormat, settings.logLevel, process.stdout)
  logWarnings(log)
  return await run(settings, log)
}

function fail(error: unknown): void {
  const { message, exitCode } = endOf(error)
  const advice = exitCode === ExitCode.USAGE ? '\nTry astranet-relay --help.' : ''
  process.stderr.write(`astranet-relay: ${message}${advice}\n`)
  process.exit(exitCode)
}
