import type { Socket } from 'node:net'
import { onAbort } from '@astranet/interface'
import { connectFrom, connectionOf } from './local-socket.js'
import { Pacer } from './pacer.js'
import { checkPunchOptions, PUNCH_NAMES, type PunchOptions } from './punch-options.js'

/** How many sockets a side with random ports opens. With 256 of 64,512 ports the other side meets one soon. */
export const MANY_PORTS = 256

/** A socket that was refused is opened again after this time, in ms, because its mapping in the NAT is gone. */
const REOPEN_AFTER_MS = 250

/**
 * Connects to the peer from 256 ports, for a side whose NAT gives each connection a random port, while the peer tries
 * ports of that NAT ({@link tryPorts}). Goes on until the signal aborts. Holds at most 256 sockets and one timer.
 * Throws a `TypeError` or `RangeError` that names what is wrong.
 */
export function openManyPorts(options: PunchOptions): void {
  checkPunchOptions(options, PUNCH_NAMES)
  if (!options.signal.aborted) new ManyPorts(options)
}

class ManyPorts {
  readonly #options: PunchOptions
  readonly #sockets = new Set<Socket>()
  readonly #pacer: Pacer
  /** When each socket may be opened again, the earliest first. */
  readonly #reopenAt: number[] = []
  #unopened = MANY_PORTS

  constructor(options: PunchOptions) {
    this.#options = options
    this.#pacer = new Pacer(() => this.#open())
    onAbort(options.signal, () => this.#stop())
  }

  /** Opens one socket; whether it did. */
  #open(): boolean {
    const [at = Infinity] = this.#reopenAt
    if (this.#unopened === 0 && at > performance.now()) return false
    const { remote, takeSyn } = this.#options
    if (!takeSyn()) return false
    if (this.#unopened > 0) this.#unopened -= 1
    else this.#reopenAt.shift()
    const done = (): void => {
      this.#sockets.delete(socket)
      this.#reopenAt.push(performance.now() + REOPEN_AFTER_MS)
    }
    const socket = connectFrom(0, remote, {
      onConnect: () => {
        done()
        this.#options.onConnection(connectionOf(socket))
      },
      onError: done,
    })
    this.#sockets.add(socket)
    return true
  }

  #stop(): void {
    this.#pacer.stop()
    for (const socket of this.#sockets) socket.destroy()
  }
}
