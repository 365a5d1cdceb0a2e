import type { ClientCalls, RouterCalls, ServerCalls } from './calls.js'
import type { Child } from './child.js'
import { nowMs } from './now.js'

/** The three processes in a row: client, router, server. */
export interface Row {
  readonly server: Child<ServerCalls>
  readonly router: Child<RouterCalls>
  readonly client: Child<ClientCalls>
  /** Prints a line for the reader. */
  say(line: string): void
}

/** What the client finds out about the server through the router. */
export interface Discovery {
  /** Services of the server that the client found by name. */
  readonly services: number
  /** From the bind of one more service until the client's watch has seen it, in ms. */
  readonly seenAfterMs: number
}

/** The services of the server at its start. */
const SERVICES = ['echo', 'web']

/** The server and the client join a router, and the client finds what the server offers. */
export async function discover({ server, router, client, say }: Row): Promise<Discovery> {
  const { address } = await router.call('listen', undefined)
  say(`the router (process ${router.pid}) listens on tcp4 ${address}`)
  await server.call('joinRouter', { address })
  await client.call('joinRouter', { address, names: SERVICES })
  say('the server and the client have joined it; the client finds "echo" and "web" of the server by name')
  const { boundAtMs } = await server.call('bindLate', undefined)
  const { seenAtMs } = await client.call('seen', { name: 'late' })
  return { services: SERVICES.length + 1, seenAfterMs: hundredths(seenAtMs - boundAtMs) }
}

/** Kills the server. Resolves with the time until the client has seen its services go, in ms. */
export async function killServer({ server, client, say }: Row): Promise<number> {
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
