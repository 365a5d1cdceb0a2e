import { readFileSync } from 'node:fs'
import type { Connection, ListenOptions, Transport, TransportListener } from '@astranet/interface'
import { Probe, turn } from '@astranet/testkit'
import type { TlsOptions } from '@astranet/transport-tcp'

function pem(name: string): string {
  return readFileSync(new URL(`certificates/${name}.pem`, import.meta.url), 'utf8')
}

const authority = pem('authority.cert')

/** What a node has that trusts the tests' authority and was given a certificate by it. */
export const memberTls: TlsOptions = { key: pem('server.key'), cert: pem('server.cert'), ca: authority }

/** Another one. */
export const clientTls: TlsOptions = { key: pem('client.key'), cert: pem('client.cert'), ca: authority }

/** Trusts the authority and was given nothing. */
export const anonymousTls: TlsOptions = { ca: authority }

/** Has a certificate for the same names that nobody else trusts. */
export const strangerTls: TlsOptions = {
  key: pem('stranger.key'),
  cert: pem('stranger.cert'),
  ca: [authority, pem('stranger.cert')],
}

/** A listener on 127.0.0.1, and what it told. */
export interface Listening {
  readonly listener: TransportListener
  readonly accepted: Connection[]
  readonly errors: (Error & { code?: string })[]
}

export async function listening(
  transport: Transport,
  network = 'tcp4',
  address = network === 'unix' ? '*' : '127.0.0.1:0',
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

/** The port of `host:port`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}
