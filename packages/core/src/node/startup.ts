import { toError } from '@astranet/interface'
import type { Startup } from '../api/variables.js'
import type { Starter } from './node-handle.js'
import type { Reporter } from './reporter.js'

/** What an environment variable asks for could not be done, or can never be. */
const WARNING = 'ASTRA_WARN_VARIABLE'

/**
 * @internal Does what the environment variables say, once the node is used. Resolves when it listens; nobody waits for
 * joins, which keep trying. Never rejects: what can never succeed is a process warning that names the variable. Nothing
 * of it keeps the process alive: the program did not ask for it, and could not close it.
 */
export async function startUp(
  node: Starter,
  startup: readonly Startup[],
  reporter: Pick<Reporter, 'warn'>,
): Promise<void> {
  const listening: Promise<void>[] = []
  for (const each of startup) {
    const { variable, call } = each
    // A client serves nothing.
    if (call === 'listen' && node.isClient) continue
    const started = start(node, each).catch((error: unknown) => {
      if (!node.isClosed) reporter.warn(`${variable}: ${toError(error).message}`, WARNING)
    })
    if (call === 'listen') listening.push(started)
  }
  await Promise.all(listening)
}

async function start(node: Starter, { call, text }: Startup): Promise<void> {
  if (call === 'join') {
    await node.joinByText(text, { keepTrying: true })
    return
  }
  const { network, address } = node.addressOf(text)
  const endpoint = await node.listenAndServe(network, address, {})
  endpoint.unref()
}
