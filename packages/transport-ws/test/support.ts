import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Connection, ListenOptions, Transport, TransportListener } from '@astranet/interface'
import { Probe, turn } from '@astranet/testkit'
import type { WsTlsOptions } from '@astranet/transport-ws'

function pem(name: string): string {
  return readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
}

/** What a server has that the tests' authority signed for localhost and 127.0.0.1, and what its clients need. */
export const serverTls: WsTlsOptions = {
  key: pem('server.key'),
  cert: pem('server.cert'),
  ca: pem('authority.cert'),
}

/** The same names, signed by nobody. */
export const strangerTls: WsTlsOptions = { key: pem('stranger.key'), cert: pem('stranger.cert') }

/** A listener, and what it told. */
export interface Listening {
  readonly listener: TransportListener
  readonly accepted: Connection[]
  readonly errors: (Error & { code?: string })[]
}

export async function listening(
  transport: Transport,
  network = 'ws',
  address = '127.0.0.1:0',
  options: Partial<ListenOptions> = {},
): Promise<Listening> {
  const accepted: Connection[] = []
  const errors: Error[] = []
  const listener = await transport.listen(network, address, {
    onConnection: (connection) => void accepted.push(connection),
    onError: (error) => void errors.push(error),
    ...options,
  })
  return { listener, accepted, errors }
}

/** Turns the event loop until `isTrue`. */
export async function turnsUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn()
}

/** Aborts each and waits for its close. */
export async function closeAll(connections: readonly Connection[]): Promise<void> {
  for (const connection of connections) {
    const probe = Probe.on(connection)
    connection.abort(new Error('done'))
    await probe.closed()
  }
}

/** The port of a listener's address. */
export function portOf(address: string): number {
  return Number(new URL(`ws://${address}`).port)
}

/** Runs `body` with an HTTP server of somebody else's that listens at `url`, whose scheme is `ws`. */
export async function withHttpServer(body: (server: Server, url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => void response.end('a page'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await body(server, `ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
