import { CommanderError, type Command } from 'commander'
import { usageFailure } from '../failure.js'
import { relayCommand, type RawOptions } from './command.js'
import { dropEmpty, dropFlagsThatSayNo, refuseSecretVariable } from './variables.js'
import { splitList } from './lists.js'

/** What the command line asks for. */
export type Request =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'run'; readonly options: RawOptions }

/**
 * Reads the command line (without node and script) and the environment of the process. Throws a usage `Failure` whose
 * message names the option, and says which one was perhaps meant.
 */
export function parseArguments(args: readonly string[]): Request {
  const command = relayCommand()
  let printed = ''
  command.exitOverride().configureOutput({
    writeOut: (text) => (printed += text),
    // The error has the same text.
    writeErr: () => undefined,
  })
  dropFlagsThatSayNo(process.env)
  dropEmpty(
    process.env,
    command.options.flatMap(({ envVar }) => envVar ?? []),
  )
  try {
    command.parse([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'text', text: printed }
    throw usageFailure(sentenceOf(error.message), error)
  }
  const options = optionsOf(command)
  if (options.secretFile === undefined) refuseSecretVariable(process.env)
  return { kind: 'run', options }
}

function optionsOf(command: Command): RawOptions {
  const options = command.opts<RawOptions>()
  const listed = (name: 'listen' | 'join' | 'advertise' | 'wsOrigin'): readonly string[] =>
    splitList(options[name], command.getOptionValueSource(name) === 'env')
  return {
    ...options,
    listen: listed('listen'),
    join: listed('join'),
    advertise: listed('advertise'),
    wsOrigin: listed('wsOrigin'),
  }
}

/** Commander's message without its prefix, on one line. */
function sentenceOf(message: string): string {
  return message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
}
