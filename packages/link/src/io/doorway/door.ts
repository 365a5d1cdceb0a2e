import { QMUX_DRAFT_NUMBER } from '@astranet/frame'
import type { ByteDuplex, NodeId } from '@astranet/interface'
import type { CryptoProvider, HandshakeChannel, Signer } from '@astranet/secure'
import {
  frameMessage,
  LENGTH_BYTES,
  takeMessage,
  type Handshake,
  type MessageReader,
} from '@astranet/secure/proto'
import { CloseCode, protocolError, type LinkError } from '../../proto/error-codes.js'
import type { Hello, HelloFields } from '../../proto/hello.js'
import { PreambleParser } from '../../proto/preamble-parser.js'
import { PREAMBLE_BYTES, type Preamble } from '../../proto/preamble.js'
import { encodeRefusal, isRefusalCode, refusalToError } from '../../proto/refusal.js'
import type { SlotStage } from '../../proto/slots/slot.js'
import type { LinkPair } from '../link-options.js'
import type { OwnPreamble } from './own-preamble.js'
import type { Introduced } from './passage.js'

/** What this side brings to a doorway. */
export interface DoorSide {
  readonly own: OwnPreamble
  readonly identity: Signer
  readonly provider: CryptoProvider
  /** What this side says about itself. The doorway adds exporter and grant. */
  readonly hello: HelloFields
  /** The network's secret in 32 bytes; called when it is needed. `undefined`: there is none. */
  readonly networkPsk: (() => Promise<Uint8Array>) | undefined
  /** What a dialer without the network's secret presents. */
  readonly grant: { readonly psk: Uint8Array; readonly bytes: Uint8Array } | undefined
  /** What both sides prove in place of the two above. */
  readonly pair: LinkPair | undefined
  readonly expectedNodeId: NodeId | undefined
  readonly expectedKey: Uint8Array | undefined
}

/** What a doorway reports, and asks. */
export interface DoorEvents {
  /** How far the peer has come. The doorway may fail within the call. */
  onStage(stage: SlotStage): void
  /** Whether the cryptography of a responder may begin: message 1 is about to be read. */
  mayBegin(): boolean
  /** Whether message 1, made with the secret and with the preamble of that nonce, was not here before. */
  isNew(nonce: Uint8Array): boolean
  /** Whether message 2, which costs most, may be made: message 1 was found right. */
  mayAnswer(): boolean
  /** The peer has proved who it is. */
  onIntroduced(introduced: Introduced): void
  /** Whether the peer is let in; called once it was introduced. Never rejects. */
  admit(hello: Hello): Promise<LinkError | undefined>
}

/** The peer's preamble as it was read. */
export interface PeerPreamble {
  readonly preamble: Preamble
  readonly bytes: Uint8Array
}

/** What a {@link Door} is made of. */
export interface DoorParts {
  readonly side: DoorSide
  readonly duplex: ByteDuplex
  readonly channel: HandshakeChannel
  readonly events: DoorEvents
}

/** One pipe in a doorway: what was read and written on it so far. */
export class Door {
  readonly side: DoorSide
  readonly duplex: ByteDuplex
  readonly channel: HandshakeChannel
  readonly events: DoorEvents
  /** The peer's preamble, once it was read. */
  peer: PeerPreamble | undefined = undefined
  /** Whether the peer is the initiator. Of a side that is `either` it may be, until the peer's preamble was read. */
  isResponder: boolean
  #isGreeted = false
  #hasAnswered = false
  #hasReply = false

  constructor({ side, duplex, channel, events }: DoorParts) {
    this.side = side
    this.duplex = duplex
    this.channel = channel
    this.events = events
    this.isResponder = side.own.preamble.role !== 'dialer'
  }

  /** Sends this side's preamble, which is always the first. */
  greet(): void {
    this.channel.write(this.#greeting())
  }

  /** Sends a message of the handshake, behind the preamble where that was not sent. */
  send(message: Uint8Array): void {
    this.channel.write([...this.#greeting(), frameMessage(message)])
  }

  /** Sends message 2: from now on nothing goes out in the clear. */
  answer(message: Uint8Array): void {
    this.#hasAnswered = true
    this.send(message)
    this.events.onStage('answered')
  }

  async readPreamble(): Promise<PeerPreamble> {
    const parser = new PreambleParser(QMUX_DRAFT_NUMBER)
    this.peer = await this.channel.read((reader) => {
      const result = parser.read(reader.held)
      if (result.kind === 'error') throw result.error
      if (result.kind === 'incomplete') return undefined
      reader.skip(PREAMBLE_BYTES)
      return result
    })
    this.events.onStage('greeted')
    return this.peer
  }

  /** The peer's next message. */
  readMessage(handshake: Handshake): Promise<Uint8Array> {
    return this.channel.read((reader) => checkedMessage(reader, handshake))
  }

  /** Message 2, unless the peer refuses: then the error of its refusal. */
  async readReply(handshake: Handshake): Promise<Uint8Array> {
    const reply = await this.channel.read((reader) => {
      if (reader.nextLength !== 0) return checkedMessage(reader, handshake)
      const code = reader.held[LENGTH_BYTES]
      if (code === undefined) return undefined
      throw refusalToError(code)
    })
    this.#hasReply = true
    return reply
  }

  /**
   * What is still to be sent before this side ends its direction because of `error`, so that the peer can read it;
   * `undefined`: nothing, and the pipe is cut. A peer that speaks something else gets nothing.
   */
  farewell(error: LinkError): readonly Uint8Array[] | undefined {
    if (error.code === 'ASTRA_ERR_LINK_FOREIGN' || error.code === 'ASTRA_ERR_LINK_CLOSED') return undefined
    // The peer knows this version's preamble and not what comes behind it.
    if (error.code === 'ASTRA_ERR_LINK_VERSION') return this.#greeting()
    if (this.isResponder) return this.#refusal(error)
    return this.#hasReply || error.closeCode === CloseCode.HELLO_TIMEOUT ? undefined : []
  }

  /** A refusal in the clear takes the place of message 2, and needs a peer that can read it. */
  #refusal({ closeCode }: LinkError): readonly Uint8Array[] | undefined {
    const canRead = this.peer !== undefined || closeCode === CloseCode.PROTOCOL_ERROR
    if (!canRead || this.#hasAnswered || !isRefusalCode(closeCode)) return undefined
    return [...this.#greeting(), encodeRefusal(closeCode)]
  }

  #greeting(): Uint8Array[] {
    if (this.#isGreeted) return []
    this.#isGreeted = true
    return [this.side.own.bytes]
  }
}

function checkedMessage(reader: MessageReader, handshake: Handshake): Uint8Array | undefined {
  try {
    return takeMessage(reader, handshake)
  } catch (cause) {
    throw protocolError(`sent no message of the handshake: ${(cause as Error).message}`)
  }
}
