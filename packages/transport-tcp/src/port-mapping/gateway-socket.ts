import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { onAbort } from '@astranet/interface'

/** When a request is sent, in ms after the first time: a datagram may be lost. */
const SENT_AFTER_MS: readonly number[] = [0, 250, 750]

/** How long a gateway may take to answer, in ms. */
const ANSWER_TIMEOUT_MS = 1_500

/** Where a gateway is. */
export interface GatewayEnd {
  /** Its IPv4 address in this machine's network. */
  readonly host: string
  readonly port: number
}

/** A UDP socket that receives from one gateway only. */
export class GatewaySocket {
  readonly #socket: Socket = createSocket('udp4')

  /** The address of this machine from which the gateway is reached; known once `connect` has resolved. */
  get localHost(): string {
    return this.#socket.address().address
  }

  async connect({ host, port }: GatewayEnd): Promise<void> {
    // Unreachable gateways show as errors of later sends.
    this.#socket.on('error', () => {})
    const connected = once(this.#socket, 'connect')
    this.#socket.connect(port, host)
    await connected
  }

  /**
   * Sends `request` until `read` makes something of an answer; `undefined` when none comes in time, or `signal` aborts.
   */
  ask<T>(
    request: Buffer,
    read: (answer: Buffer) => T | undefined,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const socket = this.#socket
    return new Promise((resolve) => {
      const finish = (result: T | undefined): void => {
        for (const timer of timers) clearTimeout(timer)
        socket.off('message', onMessage)
        ignoreSignal()
        resolve(result)
      }
      const onMessage = (answer: Buffer): void => {
        const result = read(answer)
        if (result !== undefined) finish(result)
      }
      const timers = SENT_AFTER_MS.map((ms) => setTimeout(() => socket.send(request, () => {}), ms))
      timers.push(setTimeout(() => finish(undefined), ANSWER_TIMEOUT_MS))
      const ignoreSignal = onAbort(signal, () => finish(undefined))
      socket.on('message', onMessage)
      if (signal.aborted) finish(undefined)
    })
  }

  close(): void {
    this.#socket.close()
  }
}
