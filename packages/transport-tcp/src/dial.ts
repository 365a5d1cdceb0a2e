import type { Socket } from 'node:net'
import { AstraError, onAbort, type Connection, type DialOptions } from '@astranet/interface'
import { checkDialTimeout } from '@astranet/interface/transport-tools'
import { ConnectRace } from './connect-race.js'
import { plainConnection, tcpEnds, tlsConnection, type EndNames } from './connection.js'
import { DialAttempt } from './dial-attempt.js'
import { dialTarget, type DialTarget } from './dial-target.js'
import type { Network } from './network.js'
import type { TcpOptions } from './options.js'
import { shakeHandsAsClient } from './tls-client.js'
import type { TlsSettings } from './tls-settings.js'
import { isLocalUnixPath } from './unix-address.js'

/** What a dial needs. */
export interface DialRequest {
  readonly network: Network
  readonly address: string
  readonly options: TcpOptions
  /** Called once the arguments are checked. */
  readonly settings: () => TlsSettings | undefined
}

/** Connects. Errors as {@link Transport.dial} says. */
export async function dial(request: DialRequest, options: DialOptions = {}): Promise<Connection> {
  const target = dialTarget(request.network, request.address, request.options, options.mayConnect)
  const timeoutMs = checkDialTimeout(options.timeoutMs)
  const { signal } = options
  signal?.throwIfAborted()
  const attempt = new DialAttempt()
  const name = `${request.network} ${request.address}`
  const timer = timeoutMs > 0 ? attempt.limit(timeoutMs, name) : undefined
  const ignoreSignal = onAbort(signal, () => attempt.fail(signal?.reason))
  try {
    return await establish(attempt, target, request)
  } catch (error) {
    attempt.fail(error)
    throw error
  } finally {
    clearTimeout(timer)
    ignoreSignal()
  }
}

async function establish(
  attempt: DialAttempt,
  target: DialTarget,
  request: DialRequest,
): Promise<Connection> {
  const name = `${request.network} ${request.address}`
  const settings = request.settings()
  const candidates = await attempt.step(target.candidates())
  const race = attempt.use(new ConnectRace(candidates))
  const raw = attempt.use(await attempt.step(connected(race, name)))
  const ends = endsOf(raw, target)
  const { memory = 'fast' } = request.options
  const traits = { isLocalUnix: target.path !== undefined && isLocalUnixPath(target.path), memory }
  if (settings === undefined) return plainConnection(raw, ends, traits)
  const peer = `the peer at ${ends.remoteAddress || name}`
  const handshake = shakeHandsAsClient(raw, settings, { host: target.host, peer })
  const socket = attempt.use(handshake.socket)
  await attempt.step(handshake.done)
  return tlsConnection(socket, ends, traits)
}

function endsOf(socket: Socket, { path }: DialTarget): EndNames {
  return path === undefined ? tcpEnds(socket) : { localAddress: '', remoteAddress: path }
}

async function connected(race: ConnectRace, name: string): Promise<Socket> {
  try {
    return await race.winner
  } catch (error) {
    throw explain(error as Error, name)
  }
}

function explain(error: Error, name: string): Error {
  const { code } = error as { code?: string }
  if (error instanceof AggregateError) {
    const errors = error.errors as (Error & { code?: string })[]
    const message = `Dialing ${name} failed at every address: ${errors.map((each) => each.message).join('; ')}`
    return new AstraError(errors[0]?.code ?? 'ECONNREFUSED', message, { cause: error })
  }
  // A Unix socket without a listener has no file, or one that was left behind.
  if (code === 'ENOENT' && (error as { syscall?: string }).syscall === 'connect') {
    return new AstraError('ECONNREFUSED', `There is no listener at ${name}: the file does not exist.`, {
      cause: error,
    })
  }
  return error
}
