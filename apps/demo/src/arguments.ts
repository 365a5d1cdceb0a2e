import { parseArgs } from 'node:util'

/** Streams opened unless told otherwise. */
export const DEFAULT_STREAMS = 100_000

/** The most streams that can be asked for: what a listener's session lets one peer have open is a little above. */
export const MAX_STREAMS = 1_000_000

/** What the command line asked for. */
export interface DemoArguments {
  /** How many streams to open, 1 to {@link MAX_STREAMS}. */
  readonly streams: number
  /** Whether the result is to be one JSON object instead of a table. */
  readonly isJson: boolean
  /** Whether only the help was asked for. */
  readonly isHelp: boolean
}

/** What `--help` prints. */
export const HELP: string = `Usage: npm run demo -- [options]

Starts a server process and a client process that joins it, fetches a web page through AstraNet, then opens many streams
at once over one TCP connection, sends different bytes on each and checks every byte that comes back.

Options:
  --streams <n>  streams to open, 1 to ${MAX_STREAMS} (default ${DEFAULT_STREAMS})
  --json         print the result as one JSON object on the last line of stdout
  --help         print this text

Exit codes: 0 all bytes came back, 1 something was lost or failed, 2 wrong arguments, 130 interrupted.
`

/** The command line is wrong; the message is a sentence that says how. */
export class UsageError extends Error {}

/** Reads the command line (without node and script). Throws a {@link UsageError}. */
export function parseArguments(args: readonly string[]): DemoArguments {
  const { streams, json = false, help = false } = parse(args)
  return {
    streams: streams === undefined ? DEFAULT_STREAMS : parseStreams(streams),
    isJson: json,
    isHelp: help,
  }
}

function parse(args: readonly string[]): { streams?: string; json?: boolean; help?: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        streams: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return values
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\.\s|\n/)
    throw new UsageError(`${sentence}; --help lists what there is`)
  }
}

function parseStreams(text: string): number {
  const streams = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  if (streams >= 1 && streams <= MAX_STREAMS) return streams
  throw new UsageError(
    `--streams must be a whole number from 1 to ${MAX_STREAMS}, got ${JSON.stringify(text)}`,
  )
}
