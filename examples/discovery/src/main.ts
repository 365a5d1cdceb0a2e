import { AstraNet } from '@astranet/core'
import { HELP, parseArguments, UsageError } from './arguments.js'
import { router, serve, watch } from './commands.js'

/** One process of the example: the arguments say which. */
async function main(): Promise<void> {
  const command = parseArguments(process.argv.slice(2))
  if (command.kind === 'help') {
    process.stdout.write(HELP)
    return
  }
  const node = new AstraNet()
  // A node that closes tells its neighbours. One that is killed does not: its router notices the broken connection.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void node.close())
  try {
    if (command.kind === 'router') await router(node, command.address)
    else if (command.kind === 'serve') await serve(node, command.address, command.name)
    else await watch(node, command.address)
  } catch (error) {
    await node.close()
    throw error
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
