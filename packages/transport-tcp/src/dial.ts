import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { AstraError, type Connection, type DialOptions } from '@astranet/interface'
import { familyOf, parseTcpAddress, type TcpNetwork } from './address.js'
import { connectionOf } from './connection.js'
import { socketOptions, type TcpOptions } from './options.js'

const DEFAULT_TIMEOUT_MS = 10_000
const MAX_TIMER_DELAY_MS = 0x7fffffff

/** The host of an address without one: this machine. */
const THIS_MACHINE = { tcp: 'localhost', tcp4: '127.0.0.1', tcp6: '::1' } as const

/** Connects to `address`. Errors as {@link Transport.dial} says. */
export async function dialTcp(
  network: TcpNetwork,
  address: string,
  options: TcpOptions,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: DialOptions = {},
): Promise<Connection> {
  const target = connectOptions(network, address, options)
  if (!(timeoutMs >= 0)) throw new RangeError(`timeoutMs must be 0 or more, got ${timeoutMs}`)
  signal?.throwIfAborted()
  const attempt = new DialAttempt(connect(target), `${network} ${address}`)
  const timer = timeoutMs > 0 ? attempt.limit(timeoutMs) : undefined
  const onAbort = (): void => attempt.fail(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return connectionOf(await attempt.connected)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

function connectOptions(network: TcpNetwork, address: string, options: TcpOptions): TcpNetConnectOpts {
  const { host, port } = parseTcpAddress(network, address)
  if (port === 0)
    throw new RangeError(`address ${JSON.stringify(address)}: a port to dial must be at least 1`)
  const family = familyOf(network)
  return {
    ...socketOptions(options),
    host: host === '' ? THIS_MACHINE[network] : host,
    port,
    // Either family: both are tried in turn, a slow one not for long (RFC 8305).
    ...(family === 0 ? { autoSelectFamily: true } : { family, autoSelectFamily: false }),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  }
}

/** One attempt: it succeeds, or fails with the first of an error, the signal and the time limit. */
class DialAttempt {
  readonly connected: Promise<Socket>
  readonly #socket: Socket
  readonly #target: string
  #reject!: (reason: unknown) => void
  #isConnected = false

  constructor(socket: Socket, target: string) {
    this.#socket = socket
    this.#target = target
    this.connected = new Promise((resolve, reject) => {
      this.#reject = reject
      socket.once('connect', () => {
        socket.off('error', this.#onError)
        this.#isConnected = true
        resolve(socket)
      })
    })
    socket.on('error', this.#onError)
  }

  readonly #onError = (error: Error): void => this.fail(explain(error, this.#target))

  limit(timeoutMs: number): NodeJS.Timeout {
    const message = `Dialing ${this.#target} took longer than ${timeoutMs} ms.`
    return setTimeout(
      () => this.fail(new AstraError('ETIMEDOUT', message)),
      Math.min(timeoutMs, MAX_TIMER_DELAY_MS),
    )
  }

  fail(reason: unknown): void {
    if (this.#isConnected) return
    this.#reject(reason)
    this.#socket.destroy()
  }
}

/** Node gives an error without words when it tried several addresses and all failed. */
function explain(error: Error, target: string): Error {
  if (!(error instanceof AggregateError)) return error
  const tried = (error.errors as Error[]).map(({ message }) => message).join('; ')
  const { code = 'ECONNREFUSED' } = error as { code?: string }
  return new AstraError(code, `Dialing ${target} failed at every address: ${tried}`, { cause: error })
}
