import { isIP } from 'node:net'
import { NetError } from '../../api/net-error.js'
import type { DialInFlight, DialOutcome } from '../../dial/dial-request.js'
import type { Given } from './arguments.js'
import { bindError, connectError, lookupError } from './errors.js'
import { addressOf, isOwnAddress, isThisNode, LOCALHOST, loopbackAddress } from './hosts.js'
import { lookUp } from './lookup.js'
import type { NetNetwork } from './network.js'

/** @internal What an attempt does to its socket. */
export interface ConnectingSocket extends DialOutcome {
  readonly connecting: boolean
  emit(event: string, ...args: unknown[]): boolean
  dialing(dial: DialInFlight): void
  /** A listener threw: an uncaught exception, and the socket goes on. */
  threw(error: unknown): void
}

/**
 * @internal One `connect` of a socket: finds what the host means, dials it, and makes Node's errors of what failed. It
 * emits `'lookup'` for a name, `'connectionAttempt'` and `'connectionAttemptFailed'` when Node does.
 */
export class ConnectAttempt {
  /** The IP address that was dialed, when it is this node under an address of the machine itself. */
  loopback: string | undefined = undefined
  /** The address of this end that the program has chosen for such a connection. */
  local: string | undefined = undefined
  readonly #socket: ConnectingSocket
  readonly #network: NetNetwork
  readonly #options: Given
  readonly #path: string | undefined
  readonly #port: number
  /** The IP address once it is known; a service's name has none. */
  #ip: string | undefined = undefined

  constructor(socket: ConnectingSocket, network: NetNetwork, options: Given) {
    this.#socket = socket
    this.#network = network
    this.#options = options
    const { path, port } = options
    this.#path = typeof path === 'string' && path !== '' ? path : undefined
    this.#port = Number(port ?? 0)
  }

  /** Begins. Nothing is emitted before the caller's turn is over, except for a path, as in Node. */
  start(): void {
    if (this.#path !== undefined) {
      this.#emit('connectionAttempt', this.#path, undefined, undefined)
      this.#dial(this.#path)
      return
    }
    const host = this.#host
    if (isIP(host) !== 0) process.nextTick(() => this.#connectTo(host))
    else if (typeof this.#options['lookup'] === 'function') this.#lookUp()
    else if (isThisNode(host)) process.nextTick(() => this.#found(loopbackAddress(this.#options['family'])))
    else process.nextTick(() => this.#dial(addressOf(host, this.#port)))
  }

  /** The dial has succeeded: a name has turned out to be an address. */
  connected(remoteAddress: string): void {
    if (this.#path === undefined && this.#ip === undefined)
      this.#emit('lookup', null, remoteAddress, 6, this.#host)
  }

  /** The error of the socket for what the dial failed with. */
  failed(reason: unknown): Error {
    if (!(reason instanceof NetError) || reason.code.startsWith('ERR_')) return reason as Error
    const { code } = reason
    if (this.#path !== undefined) {
      const error = connectError(code === 'ENOTFOUND' ? 'ENOENT' : code, { address: this.#path }, reason)
      this.#emit('connectionAttemptFailed', this.#path, undefined, undefined, error)
      return error
    }
    if (this.#ip === undefined) return this.#nameFailed(reason)
    const error = connectError(code, { address: this.#ip, port: this.#port }, reason)
    this.#emit('connectionAttemptFailed', this.#ip, this.#port, isIP(this.#ip), error)
    return error
  }

  /** When a listener throws, the attempt goes on all the same: otherwise the socket would stay connecting. */
  #emit(event: string, ...args: unknown[]): void {
    try {
      this.#socket.emit(event, ...args)
    } catch (error) {
      this.#socket.threw(error)
    }
  }

  get #host(): string {
    const { host } = this.#options
    return typeof host === 'string' && host !== '' ? host : LOCALHOST
  }

  #nameFailed(reason: NetError): Error {
    if (reason.code !== 'ENOTFOUND')
      return connectError(reason.code, { address: this.#host, port: this.#port }, reason)
    const error = lookupError(this.#host, reason)
    this.#emit('lookup', error, undefined, undefined, this.#host)
    return error
  }

  #lookUp(): void {
    const host = this.#host
    lookUp(host, this.#options, {
      found: (error, address, family) => this.#emit('lookup', error, address, family, host),
      done: (result) => {
        if (!this.#socket.connecting) return
        if (result instanceof Error) this.#socket.reject(result)
        else this.#connectTo(result.address)
      },
    })
  }

  /** The name of this node's own addresses was looked up. */
  #found(address: string): void {
    if (!this.#socket.connecting) return
    this.#emit('lookup', null, address, isIP(address), this.#host)
    this.#connectTo(address)
  }

  #connectTo(address: string): void {
    if (!this.#socket.connecting) return
    this.#ip = address
    if (isThisNode(address)) {
      const { localAddress } = this.#options
      this.loopback = address
      this.local = localAddress === undefined ? undefined : String(localAddress)
    }
    const fault = this.#localFault()
    if (fault !== undefined) return this.#socket.reject(fault)
    this.#emit('connectionAttempt', address, this.#port, isIP(address))
    this.#dial(addressOf(address, this.#port))
  }

  /** Why the socket cannot have the local end that the program asks for. */
  #localFault(): Error | undefined {
    const { localAddress } = this.#options
    const port = this.#localPort
    const address = String(localAddress ?? '0.0.0.0')
    if (!isOwnAddress(address, this.#network)) return bindError('EADDRNOTAVAIL', { address, port })
    if (port !== undefined && this.#network.isBound(port)) return bindError('EADDRINUSE', { address, port })
    return undefined
  }

  /** The local port that the program asks for. */
  get #localPort(): number | undefined {
    const { localPort } = this.#options
    return localPort ? Number(localPort) : undefined
  }

  #dial(address: string | undefined): void {
    if (!this.#socket.connecting) return
    try {
      if (address === undefined) throw unreachable(this.#ip ?? '')
      const localPort = this.#localPort
      const asked = this.#network.request(address, {})
      const request = localPort === undefined ? asked : { ...asked, localPort }
      this.#socket.dialing(this.#network.start(request, this.#socket))
    } catch (error) {
      this.#socket.reject(error instanceof NetError ? error : notFound(address ?? '', error))
    }
  }
}

/** An IP address that no node has. */
function unreachable(address: string): NetError {
  return new NetError('EHOSTUNREACH', 'no node has this address', { syscall: 'dial', address })
}

/** A text that is no address names no service. */
function notFound(address: string, cause: unknown): NetError {
  return new NetError('ENOTFOUND', 'it is no address', { syscall: 'dial', address, cause })
}
