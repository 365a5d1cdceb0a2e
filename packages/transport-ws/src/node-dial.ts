import { lookup as dnsLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { AstraError, type Connection, type DialOptions, type PipeSecurity } from '@astranet/interface'
import { socketSecurity } from '@astranet/interface/node-duplex'
import { WebSocket, type ClientOptions } from 'ws'
import { formatEnd, formatUrl, formatWsAddress, parseDialAddress, type WsNetwork } from './address.js'
import { dialRace } from './dial-race.js'
import type { CheckedOptions } from './node-options.js'
import { NodePipe } from './node-pipe.js'

/** How long one of several addresses may take, in ms: enough for a round trip over satellites. */
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
  const { mayConnect } = dialOptions
  const url = formatUrl(network, target)
  // As `ws` reads it: a URL makes an IP address of `127.1`, which is not looked up then.
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  if (mayConnect !== undefined && isIP(host) !== 0 && !mayConnect(host)) throw notAllowed([host])
  const remoteAddress = formatWsAddress(target)
  return dialRace<Connection>(`${network} ${address}`, dialOptions, ({ resolve, reject }) => {
    const socket = new WebSocket(url, [options.protocol], clientOptions(network, options, mayConnect))
    let localAddress = ''
    let security: PipeSecurity | undefined
    socket.once('upgrade', (response) => {
      const { localAddress: host, localPort } = response.socket
      security = socketSecurity(response.socket)
      localAddress = formatEnd(host, localPort)
    })
    // This listener stays: `ws` emits an error for an attempt that was given up, too.
    socket.on('error', (error) => reject(explain(error, url)))
    socket.once('open', () => {
      const ends = { localAddress, remoteAddress, security }
      resolve(new NodePipe(socket, ends, options.memory).duplex)
    })
    return () => socket.terminate()
  })
}

function clientOptions(
  network: WsNetwork,
  { tls, maxMessageBytes, lookup: given }: CheckedOptions,
  mayConnect: DialOptions['mayConnect'],
): ClientOptions {
  const { requestCert: _, ...context } = tls
  const lookup = mayConnect === undefined ? given : allowedLookup(given ?? dnsLookup, mayConnect)
  return {
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    followRedirects: false,
    // Node tries the addresses of a name in turn, and gives up each but the last after this time. A slow one needs a
    // chance.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    ...(lookup === undefined ? {} : { lookup }),
    ...(network === 'wss' ? context : {}),
  } as ClientOptions
}

/** Finds those addresses of a name that may be connected to; `EACCES` when there is none. */
function allowedLookup(lookup: LookupFunction, mayConnect: (host: string) => boolean): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found, family) => {
      // A program's own `lookup` may call back with `undefined`.
      if (error) return callback(error, found, family)
      const all = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found
      const allowed = all.filter(({ address }) => mayConnect(address))
      const [first] = allowed
      if (first === undefined) callback(notAllowed(all.map(({ address }) => address)), [])
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function notAllowed(hosts: readonly string[]): AstraError {
  return new AstraError('EACCES', `${hosts.join(' and ')} may not be connected to.`)
}

/** Whether the peer was reached, and has reset the connection or sent something else than a response of HTTP. */
function isNoResponse(code: string): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('HPE_')
}

/** Faults that `ws` finds have no code: a response that is no upgrade, or an upgrade to another protocol. */
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
  if (error.code !== undefined && !isNoResponse(error.code)) return error
  const fault =
    error.code === undefined
      ? `The server at ${url} did not become a WebSocket for AstraNet`
      : `What listens at ${url} does not speak WebSocket there, or the connection broke before it did`
  const message = `${fault}: ${error.message}.`
  return new AstraError('ASTRA_ERR_WS_HANDSHAKE', message, { cause: error })
}
