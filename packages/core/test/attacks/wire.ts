import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** From the dialer to the listening node, or back. */
export type Direction = 'forth' | 'back'

/** Bits that are flipped on the way. */
export interface Change {
  readonly direction: Direction
  /** In bytes from the begin of the connection. */
  readonly offset: number
  readonly bits: number
}

/** Somebody on the path between two nodes, who sees every byte and may change some. */
export class Wire implements AsyncDisposable {
  /** What passed, connection after connection, before it was changed. */
  readonly seen: Readonly<Record<Direction, Buffer[]>> = { forth: [], back: [] }
  changes: readonly Change[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #host: string

  private constructor(target: string) {
    const [host = '', port] = target.split(':')
    this.#host = host
    this.#server = createServer({ allowHalfOpen: true }, (near) => {
      // Both ends see an address of the same kind.
      const far = connect({ host, port: Number(port), localAddress: host, allowHalfOpen: true })
      this.#pass('forth', near, far)
      this.#pass('back', far, near)
    })
  }

  static async to(target: string): Promise<Wire> {
    const wire = new Wire(target)
    await once(wire.#server.listen(0, wire.#host), 'listening')
    return wire
  }

  get address(): string {
    return `${this.#host}:${(this.#server.address() as AddressInfo).port}`
  }

  /** How often a text passed in the clear. */
  count(text: string, direction: Direction): number {
    return Buffer.concat(this.seen[direction]).toString('latin1').split(text).length - 1
  }

  /** How many bytes have passed. */
  bytes(direction: Direction): number {
    return this.seen[direction].reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** Ends all connections as if both sides had done so. */
  end(): void {
    for (const socket of this.#sockets) socket.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #pass(direction: Direction, from: Socket, to: Socket): void {
    let offset = 0
    this.#sockets.add(from)
    from.on('data', (chunk: Buffer) => {
      this.seen[direction].push(Buffer.from(chunk))
      for (const change of this.changes) {
        const at = change.offset - offset
        const byte = change.direction === direction ? chunk[at] : undefined
        if (byte !== undefined) chunk[at] = byte ^ change.bits
      }
      offset += chunk.length
      to.write(chunk)
    })
    from.on('end', () => to.end())
    from.on('error', () => {})
    from.on('close', () => to.destroy())
  }
}
