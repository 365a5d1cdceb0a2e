import { toError } from '@astranet/interface'
import { isTicketText } from '../api/address-text.js'
import type { Startup } from '../api/variables.js'
import type { Starter } from './node-handle.js'
import type { Reporter } from './reporter.js'

/** What an environment variable asks for could not be done, or can never be. */
const WARNING = 'ASTRA_WARN_VARIABLE'

/**
 * @internal Does what the environment variables say, once the node is used. Resolves when it listens; nobody waits for
 * joins, which keep trying. Never rejects: what can never succeed is a process warning that names the variable, and so
 * is the first failure of a join. Nothing of it keeps the process alive: the program did not ask for it, and could not
 * close it.
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
    const warn = (error: unknown, what = ''): void => {
      if (!node.isClosed) reporter.warn(`${variable}: ${what}${toError(error).message}`, WARNING)
    }
    const started = start(node, each, warn).catch(warn)
    if (call === 'listen') listening.push(started)
  }
  await Promise.all(listening)
}

type Warn = (error: unknown, what?: string) => void

async function start(node: Starter, { call, text }: Startup, warn: Warn): Promise<void> {
  if (call === 'join') return await join(node, text, warn)
  const { network, address } = node.addressOf(text)
  const endpoint = await node.listenAndServe(network, address, {})
  endpoint.unref()
}

/** Rejects when the join can never succeed. Otherwise warns once if the first attempt fails. */
async function join(node: Starter, text: string, warn: Warn): Promise<void> {
  const kept = node.joinByText(text, { keepTrying: true })
  // The second call shares the join of the first one, and rejects with the error of one attempt.
  const first = node.joinByText(text, {})
  let isOver = false
  kept.catch(() => (isOver = true))
  first.catch((error: unknown) => {
    const place = isTicketText(text) ? 'a ticket' : text
    if (!isOver) warn(error, `join ${place} has failed, and is tried again: `)
  })
  await kept
}
