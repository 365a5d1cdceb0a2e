import type { ByteDuplex, Clock } from '@astranet/interface'
import type { Stream, StreamHandler } from '@astranet/mux'
import {
  Link,
  type DialError,
  type DialHandler,
  type Hello,
  type LinkError,
  type LinkOptions,
  type OutgoingDial,
  type StreamHeader,
} from '@astranet/link'
import { identityOf, nameOf } from './identities.js'

/** A stream that was asked for by the peer. */
export interface Incoming {
  readonly header: StreamHeader
  readonly stream: Stream
  readonly rest: string
}

/** A link and all that it reported. */
export class Side {
  readonly link: Link
  readonly opened: string[] = []
  readonly incoming: Incoming[] = []
  readonly messages: [type: number, body: unknown][] = []
  /** The messages of the peer's registry. */
  readonly registry: unknown[] = []
  /** How often the registry's stream took more again. */
  registryWritable = 0
  readonly goAways: number[] = []
  readonly incarnations: (number | undefined)[] = []
  conflicts = 0
  readonly closes: (Error | undefined)[] = []
  admit: (hello: Hello) => LinkError | undefined | Promise<LinkError | undefined> = () => undefined
  onStream: (incoming: Incoming) => void = () => undefined
  onClose: () => void = () => undefined
  onOpen: () => void = () => undefined
  onRegistry: () => void | Promise<void> = () => undefined
  onGoAway: () => void = () => undefined

  constructor(
    duplex: ByteDuplex,
    options: Partial<LinkOptions> & { id: bigint; clock?: Clock; hasRegistry?: boolean },
  ) {
    const { id, hasRegistry = true, ...rest } = options
    this.link = new Link(duplex, {
      role: 'either',
      identity: identityOf(id),
      introduction: { incarnation: 1 },
      randomBytes: (length) => new Uint8Array(length).fill(Number(id)),
      handler: {
        admit: (_, hello) => this.admit(hello),
        onOpen: (link) => {
          this.opened.push(nameOf(link.peer?.nodeId))
          this.onOpen()
        },
        onMessage: (_, type, body) => void this.messages.push([type, body]),
        onStream: (_, header, stream, bytes) => {
          const incoming = { header, stream, rest: text(bytes) }
          this.incoming.push(incoming)
          this.onStream(incoming)
        },
        ...(hasRegistry ? { onRegistry: (_, body) => this.#onRegistry(body) } : {}),
        onRegistryWritable: () => void (this.registryWritable += 1),
        onIncarnation: (link) => void this.incarnations.push(link.peer?.incarnation),
        onConflict: () => void this.conflicts++,
        onGoAway: (_, lastStreamId) => {
          this.goAways.push(lastStreamId)
          this.onGoAway()
        },
        onClose: (_, error) => {
          this.closes.push(error)
          this.onClose()
        },
      },
      ...rest,
    })
  }

  #onRegistry(body: unknown): void | Promise<void> {
    this.registry.push(body)
    return this.onRegistry()
  }
}

/** What became of dials. */
export class Dials implements DialHandler {
  readonly accepted: { dial: OutgoingDial; stream: Stream; rest: string }[] = []
  readonly failed: DialError[] = []
  onSettled: () => void = () => undefined

  onAccepted(dial: OutgoingDial, stream: Stream, rest: Uint8Array | undefined): void {
    this.accepted.push({ dial, stream, rest: text(rest) })
    this.onSettled()
  }

  onFailed(_: OutgoingDial, error: DialError): void {
    this.failed.push(error)
    this.onSettled()
  }
}

/** What a stream brought. */
export class Reader implements StreamHandler {
  text = ''
  ends = 0
  errors: Error[] = []
  closes = 0

  onData(_: Stream, chunk: Uint8Array): void {
    this.text += text(chunk)
  }
  onEnd(): void {
    this.ends++
  }
  onReset(_: Stream, error: Error): void {
    this.errors.push(error)
  }
  onClose(): void {
    this.closes++
  }
}

export function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

function text(chunk: Uint8Array | undefined): string {
  return new TextDecoder().decode(chunk)
}
