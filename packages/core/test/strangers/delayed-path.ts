import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** How a {@link DelayedPath} leads to a node. */
export interface DelayedPathOptions {
  /** The node's address. */
  readonly target: string
  /** Where the node sees the connections come from. */
  readonly localAddress: string
  readonly roundTripMs: number
}

/** A long way to a node: everything takes half of the round trip in each direction, also a connection. */
export class DelayedPath implements AsyncDisposable {
  readonly #options: DelayedPathOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(options: DelayedPathOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#lead(near))
  }

  static async open(options: DelayedPathOptions): Promise<DelayedPath> {
    const path = new DelayedPath(options)
    await once(path.#server.listen(0, '127.0.0.1'), 'listening')
    return path
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Breaks the connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.cut()
  }

  #lead(near: Socket): void {
    const { target, localAddress } = this.#options
    const [host, port] = target.split(':')
    this.#keep(near)
    this.#later(() => {
      if (near.destroyed) return
      const far = connect({ host, port: Number(port), localAddress, allowHalfOpen: true, noDelay: true })
      this.#keep(far)
      this.#pass(far, near)
      // What has come meanwhile is on its way for some time, so it arrives together with the connection.
      this.#pass(near, far)
    })
  }

  #pass(from: Socket, to: Socket): void {
    from.on('data', (chunk) => this.#later(() => to.write(chunk)))
    from.on('end', () => this.#later(() => to.end()))
    from.on('close', () => this.#later(() => to.destroy()))
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  /** Timers of one delay run in the order in which they were set. */
  #later(step: () => void): void {
    setTimeout(step, this.#options.roundTripMs / 2)
  }
}
