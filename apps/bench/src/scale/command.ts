import { hub } from './hub.js'
import { pings } from './pings.js'
import { relay } from './relay.js'
import { readScaleArguments, SCALE_HELP, type ScaleArguments } from './scale-arguments.js'

/** Measurements with very many links, by the first word of the command line. */
export const scaleCommands: Readonly<Record<string, (args: ScaleArguments) => Promise<void>>> = {
  hub,
  pings,
  relay,
}

/** Runs one of them; returns the exit code. */
export async function runScale(
  command: (args: ScaleArguments) => Promise<void>,
  argv: readonly string[],
): Promise<number> {
  let args: ScaleArguments | undefined
  try {
    args = readScaleArguments(argv)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}; --help lists the options\n`)
    return 2
  }
  if (args === undefined) process.stdout.write(SCALE_HELP)
  else await command(args)
  return 0
}
