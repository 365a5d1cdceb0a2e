import type { ClientCalls, RelayCalls, ServerCalls } from './calls.js'
import type { Child } from './child.js'
import { nowMs } from './now.js'

/** The three processes, and the output for lines. */
export interface Network {
  readonly relay: Child<RelayCalls>
  readonly server: Child<ServerCalls>
  readonly client: Child<ClientCalls>
  /** Prints a line for the reader. */
  say(line: string): void
}

/** What the client finds out about the server through the relay. */
export interface Discovery {
  /** Services of the server that the client found by name. */
  readonly services: number
  /** From the bind of one more service until the client's watch has seen it, in ms. */
  readonly seenAfterMs: number
}

/** The services of the server at its start. */
const SERVICES = ['echo', 'web', 'bulk']

/** The server and the client join the relay, and the client finds what the server offers. */
export async function meet({ relay, server, client, say }: Network): Promise<Discovery> {
  const { address } = await relay.call('listen', undefined)
  say(`the relay (process ${relay.pid}) listens on tcp4 ${address}; the others know this address only`)
  await server.call('join', { address })
  say(`the server (process ${server.pid}) has joined it, offers ${SERVICES.join(', ')}, and listens nowhere`)
  await client.call('join', { address, names: SERVICES })
  say(`the client (process ${client.pid}) has joined it, and finds the services by name`)
  const { boundAtMs } = await server.call('bindLate', undefined)
  const { seenAtMs } = await client.call('seen', { name: 'late' })
  return { services: SERVICES.length + 1, seenAfterMs: hundredths(seenAtMs - boundAtMs) }
}

/**
 * The server begins to listen, and its node advertises the address. The client asks for a direct path. Resolves with the
 * time from the first to the client's report that new streams are direct, in ms.
 */
export async function leaveRelay({ server, client, say }: Network): Promise<number> {
  const { address, listeningAtMs } = await server.call('listen', undefined)
  const { movedAtMs } = await client.call('moveToDirect', undefined)
  const afterMs = hundredths(movedAtMs - listeningAtMs)
  say(
    `the server listens on tcp4 ${address}, too: the client learned it by the relay, direct after ${afterMs} ms`,
  )
  return afterMs
}

/** Kills the server. Resolves with the time until the client has seen its services go, in ms. */
export async function killServer({ server, client, say }: Network): Promise<number> {
  const killedAtMs = nowMs()
  server.kill()
  const { goneAtMs } = await client.call('allGone', undefined)
  const goneAfterMs = hundredths(goneAtMs - killedAtMs)
  say(`killed the server: the client saw its services go after ${goneAfterMs} ms`)
  return goneAfterMs
}

function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100
}
