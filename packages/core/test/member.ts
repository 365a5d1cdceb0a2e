import { once } from 'node:events'
import { connect, type Socket as TcpSocket } from 'node:net'
import { nodeIdToBytes, systemClock, type ByteDuplex, type Clock } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { Feature, type Link, type LinkGrant } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { generateIdentitySync, type Identity } from '@astranet/secure'
import { rawLink } from './raw-link.js'

/** Who a {@link Member} is. */
export interface MemberOptions {
  /** Default: a new one. */
  readonly identity?: Identity
  readonly incarnation?: number
  readonly clock?: Clock
  /** Takes a stream that the node opens. Default: resets it. */
  readonly onStream?: (stream: Stream) => void
  /** Takes the messages of the node's registry. Default: only {@link Member.received} has them. */
  readonly onRegistry?: (member: Member, message: unknown) => void
  readonly onRegistryWritable?: (member: Member) => void
  /** Default: none, a plain node. */
  readonly roles?: readonly string[]
  /** The network's secret, or a grant in its place. Default: neither. */
  readonly psk?: Uint8Array
  readonly grant?: LinkGrant
}

/** A member of the network that speaks `astranet/1` and sends to the registry any message that the test wants. */
export class Member implements AsyncDisposable {
  readonly link: Link
  readonly idBytes: Uint8Array
  /** The messages from the node's registry. */
  readonly received: unknown[][] = []
  /** Why the link has ended, once it has. */
  closed: { readonly error: Error | undefined } | undefined = undefined
  readonly #socket: TcpSocket | undefined
  readonly #opened: Promise<void>

  private constructor(duplex: ByteDuplex, options: MemberOptions, socket?: TcpSocket) {
    const { identity = generateIdentitySync(), incarnation = Date.now(), clock = systemClock } = options
    this.#socket = socket
    this.idBytes = nodeIdToBytes(identity.nodeId)
    let onOpen = (): void => undefined
    this.#opened = new Promise((resolve) => (onOpen = resolve))
    this.link = rawLink(duplex, {
      ...{ role: 'dialer', clock, identity },
      ...(options.psk === undefined ? {} : { psk: options.psk }),
      ...(options.grant === undefined ? {} : { grant: options.grant }),
      introduction: { incarnation, roles: options.roles ?? [], features: [Feature.REGISTRY_ALL] },
      handler: {
        onOpen,
        onRegistry: (_, body) => {
          this.received.push(body as unknown[])
          options.onRegistry?.(this, body)
        },
        onRegistryWritable: () => options.onRegistryWritable?.(this),
        onStream: (_link, _header, stream) => (options.onStream ?? destroy)(stream),
        onClose: (_, error) => (this.closed = { error }),
      },
    })
  }

  static async join(address: string, options: MemberOptions = {}): Promise<Member> {
    const [host, port] = address.split(':')
    const socket = connect({ host: host ?? '', port: Number(port), allowHalfOpen: true })
    await once(socket, 'connect')
    const member = new Member(fromNodeDuplex(socket), options, socket)
    await member.#opened
    return member
  }

  /** One over a pipe that is there. */
  static async over(duplex: ByteDuplex, options: MemberOptions): Promise<Member> {
    const member = new Member(duplex, options)
    await member.#opened
    return member
  }

  /** Bytes that came over the TCP connection. */
  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0
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

function destroy(stream: Stream): void {
  stream.destroy()
}
