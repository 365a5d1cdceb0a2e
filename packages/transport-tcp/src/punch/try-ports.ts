import type { Socket } from 'node:net'
import { onAbort, type Connection } from '@astranet/interface'
import { checkInteger } from '@astranet/interface/check'
import { connectFrom, connectionOf } from './local-socket.js'
import { Pacer } from './pacer.js'
import { checkPunchOptions, PUNCH_NAMES, type PunchOptions } from './punch-options.js'
import { RandomPorts } from './random-ports.js'

/** How many ports are tried at most: by then a peer with 256 ports was missed with a probability of 1 in 2,800. */
export const MAX_TRIED_PORTS = 2_000

/** What {@link tryPorts} needs beside the common options. */
export interface TryPortsOptions extends PunchOptions {
  /** The port from which to connect: the one that the peer's NAT has seen. 1 to 65,535. */
  readonly localPort: number
}

/**
 * Connects from one port to random ports of the peer's NAT, 1,000 a second and 2,000 in all, while the peer connects to
 * this port from 256 of its own ({@link openManyPorts}). The port of `remote` is not used. Holds at most 2,000 sockets,
 * until the signal aborts, because the peer's SYN completes any of them, and one timer. Throws a `TypeError` or
 * `RangeError` that names what is wrong.
 */
export function tryPorts(options: TryPortsOptions): void {
  checkPunchOptions<TryPortsOptions>(options, { ...PUNCH_NAMES, localPort: true })
  checkInteger('localPort', options.localPort, { min: 1, max: 0xffff })
  if (!options.signal.aborted) new PortTrial(options)
}

class PortTrial {
  readonly #options: TryPortsOptions
  readonly #sockets = new Set<Socket>()
  readonly #ports: RandomPorts
  readonly #pacer: Pacer
  #left = MAX_TRIED_PORTS

  constructor(options: TryPortsOptions) {
    this.#options = options
    this.#ports = new RandomPorts(options.random ?? Math.random)
    this.#pacer = new Pacer(() => this.#tryNext())
    onAbort(options.signal, () => this.#stop())
  }

  #tryNext(): boolean {
    if (this.#left === 0) {
      this.#pacer.stop()
      return false
    }
    const { remote, localPort, takeSyn } = this.#options
    if (!takeSyn()) return false
    this.#left -= 1
    const end = { host: remote.host, port: this.#ports.take() }
    const socket = connectFrom(localPort, end, {
      onConnect: () => {
        this.#sockets.delete(socket)
        this.#report(connectionOf(socket))
      },
      onError: () => void this.#sockets.delete(socket),
    })
    this.#sockets.add(socket)
    return true
  }

  #report(connection: Connection): void {
    this.#options.onConnection(connection)
  }

  #stop(): void {
    this.#pacer.stop()
    for (const socket of this.#sockets) socket.destroy()
  }
}
