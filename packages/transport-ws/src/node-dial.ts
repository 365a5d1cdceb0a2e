import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { AstraError, type Connection, type DialOptions } from '@astranet/interface'
import { WebSocket, type ClientOptions } from 'ws'
import { formatEnd, formatUrl, formatWsAddress, parseDialAddress, type WsNetwork } from './address.js'
import { dialRace } from './dial-race.js'
import type { CheckedOptions } from './node-options.js'
import { NodePipe } from './node-pipe.js'

/** How long one of several addresses may take, in ms: a round trip to the other side of the earth and back by satellite. */
const ATTEMPT_TIMEOUT_MS = 1_000

/** What a dial needs. */
export interface DialRequest {
  readonly network: WsNetwork
  readonly address: string
  readonly options: CheckedOptions
}

/** Connects. Errors as {@link Transport.dial} says. */
export async function dialWs(
  { network, address, options }: DialRequest,
  dialOptions: DialOptions = {},
): Promise<Connection> {
  const target = parseDialAddress(network, address, 'localhost')
  const url = formatUrl(network, target)
  const remoteAddress = formatWsAddress(target)
  return dialRace<Connection>(`${network} ${address}`, dialOptions, ({ resolve, reject }) => {
    const socket = new WebSocket(url, [options.protocol], clientOptions(network, options))
    let localAddress = ''
    let confidential = false
    socket.once('upgrade', (response) => {
      const { localAddress: host, localPort, authorized } = response.socket as Socket & Partial<TLSSocket>
      // Options are not enough to go by: the environment, too, can let in any certificate.
      confidential = authorized === true
      localAddress = formatEnd(host, localPort)
    })
    // Stays for good: `ws` also calls an attempt that was given up an error.
    socket.on('error', (error) => reject(explain(error, url)))
    socket.once('open', () => {
      const ends = { localAddress, remoteAddress, confidential }
      resolve(new NodePipe(socket, ends, options.memory).duplex)
    })
    return () => socket.terminate()
  })
}

function clientOptions(network: WsNetwork, { tls, maxMessageBytes, lookup }: CheckedOptions): ClientOptions {
  const { requestCert: _, ...context } = tls
  return {
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    followRedirects: false,
    // Node tries all addresses of a name, and gives each but the last up after this: unlike a race, that must leave a slow one time.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    ...(lookup === undefined ? {} : { lookup }),
    ...(network === 'wss' ? context : {}),
  } as ClientOptions
}

/** What `ws` itself finds wrong has no code: an answer that is no upgrade, or one to another protocol. */
function explain(error: Error & { code?: string }, url: string): Error {
  if (error instanceof AggregateError && error.message === '') {
    const tried = (error.errors as Error[]).map(({ message }) => message).join('; ')
    return new AstraError(
      (error as { code?: string }).code ?? 'ECONNREFUSED',
      `Dialing ${url} failed at every address: ${tried}`,
      {
        cause: error,
      },
    )
  }
  if (error.code !== undefined) return error
  const message = `The server at ${url} did not become a WebSocket for AstraNet: ${error.message}.`
  return new AstraError('ASTRA_ERR_WS_HANDSHAKE', message, { cause: error })
}
