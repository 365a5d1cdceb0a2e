import { parseArgs } from 'node:util'

/** Streams opened by default. */
export const DEFAULT_STREAMS = 100_000

/** The largest number of streams: slightly below the number that a session allows one peer to have open. */
export const MAX_STREAMS = 1_000_000

/** The parsed command line. */
export interface DemoArguments {
  /** How many streams to open on each path, 1 to {@link MAX_STREAMS}. */
  readonly streams: number
  /** Whether the result is printed as one JSON object instead of a table. */
  readonly isJson: boolean
  /** Whether only the help is printed. */
  readonly isHelp: boolean
}

/** What `--help` prints. */
export const HELP: string = `Usage: npm run demo -- [options]

Starts a relay, a server and a client, each a process of its own. Server and client know only the relay. The client finds
the server's services by name and dials them through the relay: it fetches a web page, opens many streams at once, sends
different bytes on each and checks every returned byte. Then the server listens as well, the client moves to a direct path,
and does the same again. At the end the server is killed, and the client sees its services go.

Options:
  --streams <n>  streams to open on each path, 1 to ${MAX_STREAMS} (default ${DEFAULT_STREAMS})
  --json         print the result as one JSON object on the last line of stdout
  --help         print this text

Exit codes: 0 all bytes returned, 1 bytes were lost or something failed, 2 wrong arguments, 130 interrupted.
`

/** The command line is wrong; the message is a sentence that says why. */
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
    throw new UsageError(`${sentence}; --help lists the options`)
  }
}

function parseStreams(text: string): number {
  const streams = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  if (streams >= 1 && streams <= MAX_STREAMS) return streams
  throw new UsageError(
    `--streams must be a whole number from 1 to ${MAX_STREAMS}, got ${JSON.stringify(text)}`,
  )
}
