import { once } from 'node:events'
import { connect, type Socket as TcpSocket } from 'node:net'
import { nodeIdToBytes, systemClock, toNodeId, type ByteDuplex, type Clock } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { Link, type LinkHandler } from '@astranet/link'
import type { Stream } from '@astranet/mux'

/** Who a {@link Member} is. */
interface Identity {
  readonly nodeId: bigint
  readonly incarnation?: number
  readonly clock?: Clock
}

/** A member of the network that speaks `astranet/1` and sends to the registry any message that the test wants. */
export class Member implements AsyncDisposable {
  readonly link: Link
  readonly idBytes: Uint8Array
  /** The messages from the node's registry. */
  readonly received: unknown[][] = []
  /** Why the link is over, once it is. */
  closed: { readonly error: Error | undefined } | undefined = undefined
  readonly #socket: TcpSocket | undefined
  readonly #opened: Promise<void>

  private constructor(duplex: ByteDuplex, identity: Identity, socket?: TcpSocket) {
    const { nodeId, incarnation = Date.now(), clock = systemClock } = identity
    this.#socket = socket
    this.idBytes = nodeIdToBytes(toNodeId(nodeId))
    let onOpen = (): void => undefined
    this.#opened = new Promise((resolve) => (onOpen = resolve))
    const handler: LinkHandler = {
      onOpen,
      onRegistry: (_, body) => void this.received.push(body as unknown[]),
      onStream: (_link, _header, stream) => stream.destroy(),
      onClose: (_, error) => (this.closed = { error }),
    }
    this.link = new Link(duplex, {
      role: 'dialer',
      clock,
      identity: { nodeId: toNodeId(nodeId), incarnation },
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      handler,
    })
    this.link.start()
  }

  static async join(address: string, nodeId: bigint, incarnation: number = Date.now()): Promise<Member> {
    const [host, port] = address.split(':')
    const socket = connect({ host: host ?? '', port: Number(port), allowHalfOpen: true })
    await once(socket, 'connect')
    const member = new Member(fromNodeDuplex(socket), { nodeId, incarnation }, socket)
    await member.#opened
    return member
  }

  /** One over a pipe that is there. */
  static async over(duplex: ByteDuplex, identity: Identity): Promise<Member> {
    const member = new Member(duplex, identity)
    await member.#opened
    return member
  }

  /** Bytes that came over the TCP connection. */
  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0
  }

  /** Whether nothing is missing, by the node's last delta. */
  get isCurrent(): boolean {
    const [type, , , , , hasMore] = this.received.findLast((message) => message[0] === 1) ?? []
    return type === 1 && hasMore === false
  }

  /** A stream to a port of the node. */
  dial(port: number, onData: (chunk: Uint8Array) => void): Promise<Stream> {
    return new Promise((resolve, reject) => {
      this.link.dial(
        { kind: 'dial', port, sourcePort: 0 },
        {
          onAccepted: (_, stream) => {
            stream.handle({ onData: (_stream, chunk) => onData(chunk), onEnd: () => undefined })
            resolve(stream)
          },
          onFailed: (_, error) => reject(error),
        },
      )
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.link.destroy()
    if (this.#socket?.closed === false) await once(this.#socket, 'close')
  }
}
