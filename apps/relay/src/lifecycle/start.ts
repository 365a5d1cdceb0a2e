import type { Settings } from '../arguments/settings.js'
import { makeLogger } from '../log/logger.js'
import { logWarnings } from '../log/warnings.js'
import { run } from './run.js'

/** Runs the relay with its log on stdout; resolves with the exit code. Throws a `Failure`. */
export async function start(settings: Settings): Promise<number> {
  // The relay goes on when whatever reads its log is gone.
  process.stdout.on('error', () => undefined)
  const log = makeLogger(settings.logFormat, settings.logLevel, process.stdout)
  logWarnings(log)
  return await run(settings, log)
}
