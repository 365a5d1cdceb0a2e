import { parseArgs } from 'node:util'

/** Where the router listens when nothing else is given. */
const DEFAULT_ADDRESS = '127.0.0.1:4107'

/** The parsed command line. */
export type Command =
  | { readonly kind: 'router'; readonly address: string }
  | { readonly kind: 'serve'; readonly address: string; readonly name: string }
  | { readonly kind: 'watch'; readonly address: string }
  | { readonly kind: 'help' }

/** What `help` prints. */
export const HELP: string = `Usage: node examples/discovery/dist/main.js <command> [--at HOST:PORT]

Commands:
  router       a router, which the others join; it passes on what they offer
  serve NAME   a node that offers the service NAME
  watch        shows what is offered, as it comes and goes

Options:
  --at HOST:PORT  where the router listens (default ${DEFAULT_ADDRESS}; port 0: any free one)
  --help          print this text

Ctrl-C ends each of them.
`

/** The command line is wrong; the message is a sentence that says why. */
export class UsageError extends Error {}

/** Reads the command line (without node and script). Throws a {@link UsageError}. */
export function parseArguments(args: readonly string[]): Command {
  const { positionals, values } = parse(args)
  const [command, name, ...rest] = positionals
  const { at: address = DEFAULT_ADDRESS, help } = values
  if (help === true) return { kind: 'help' }
  if (rest.length > 0) throw new UsageError(`there is one argument too many: ${rest[0]}`)
  if (command === 'serve') {
    if (name === undefined) throw new UsageError('serve needs the name of a service')
    return { kind: 'serve', address, name }
  }
  if (command !== 'router' && command !== 'watch')
    throw new UsageError(`a command is router, serve NAME or watch, got ${JSON.stringify(command ?? '')}`)
  if (name !== undefined) throw new UsageError(`${command} takes no argument, got ${JSON.stringify(name)}`)
  return { kind: command, address }
}

type Parsed = { positionals: string[]; values: { at?: string; help?: boolean } }

function parse(args: readonly string[]): Parsed {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { at: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\.\s|\n/)
    throw new UsageError(`${sentence}; --help lists the options`)
  }
}
