import type { Clock, NodeId } from '@astranet/interface'
import type { SessionOptions, Stream } from '@astranet/mux'
import type { CryptoProvider, Identity } from '@astranet/secure'
import type { LinkError } from '../proto/error-codes.js'
import type { Hello } from '../proto/hello.js'
import type { LinkRole } from '../proto/preamble.js'
import type { DoorwaySlots } from '../proto/slots/doorway-slots.js'
import type { RefusalReason } from '../proto/stream-answer.js'
import type { StreamHeader } from '../proto/stream-header.js'
import type { StreamQuota } from './streams/stream-quota.js'

/** How long a link may take from `start` until it is open, in ms, by default. */
export const DEFAULT_HELLO_TIMEOUT_MS = 10_000

/** What this node sends about itself in its HELLO. */
export interface LinkIntroduction {
  /** Must grow with every start of the node: an integer from 0 to 2^53 - 1, for example the start's time in ms. */
  readonly incarnation: number
  /**
   * A random integer from 0 to 2^53 - 1, chosen at each start of the node. It lets neighbours distinguish a link left
   * over from an earlier start from a second link of the same start. Default none: then the incarnation is compared.
   */
  readonly life?: number
  /** At most 8 strings of 1 to 32 characters of printable ASCII without spaces. Default none. */
  readonly roles?: readonly string[]
  /** Where others can dial this node, as `network://address`. At most 16 of at most 255 characters. Default none. */
  readonly listenAddresses?: readonly string[]
  /**
   * Abilities beyond version 1, such as `Feature.REGISTRY_ALL`. At most 31 of at most 64 characters. The link adds
   * those that follow from its handler. Default none.
   */
  readonly features?: readonly string[]
}

/** A grant, as a dialer presents it that does not have the network's secret. */
export interface LinkGrant {
  /** 16 bytes, not all zeros. */
  readonly id: Uint8Array
  /** 32 bytes: the secret that belongs to the id. */
  readonly psk: Uint8Array
  /** The grant as it was issued, 1 to 2,048 bytes. */
  readonly bytes: Uint8Array
}

/**
 * A secret of the two nodes at the ends of the pipe, in place of the network's (spec section 4.6). It holds for one
 * peer only, so `expectedNodeId` belongs beside it.
 */
export interface LinkPair {
  /** Gives the secret's 32 bytes; called once, when they are needed. */
  readonly psk: () => Promise<Uint8Array>
  /** This side's grant as it was issued, 1 to 2,048 bytes; `undefined`: this side came in without one. */
  readonly ownGrant: Uint8Array | undefined
  /** The key id of the grant by which the peer came in, 16 bytes; `undefined`: it came in without one. */
  readonly peerKeyId: Uint8Array | undefined
}

/** A stream that a link refused before the node got it. */
export interface RefusedStream {
  /** The kind that the header names; `undefined` if it names neither a dial nor a tunnel, or could not be read. */
  readonly kind: StreamHeader['kind'] | undefined
  readonly reason: RefusalReason
  /** What is wrong with the header. */
  readonly text: string
}

/**
 * The events of a link; `L` is the link as its owner knows it, `Link` for all but this package. None is called from
 * inside a call to the link, except to `start`.
 */
export interface HandlerOf<L> {
  /**
   * The peer has proved who it is, and its HELLO is well-formed: `link.remote` and `link.peer` are there. Return an
   * error to refuse the peer: the link closes with the error's close code and message. May return a promise; a throw, a
   * rejection and no answer before the deadline refuse the peer with `ASTRA_ERR_LINK_REFUSED`. Default: every peer is
   * admitted.
   */
  admit?(link: L, hello: Hello): LinkError | undefined | Promise<LinkError | undefined>
  /** Both sides have admitted each other: everything works from now on. At most once. */
  onOpen(link: L): void
  /**
   * What counts the peer's streams whose header is not complete. A stream for which it has no place is reset when the
   * next such stream comes, unless its header is complete by then. Asked once, before the peer opens streams. Default:
   * they are limited for each link only, to 65,536.
   */
  streamQuota?(link: L): StreamQuota | undefined
  /** A control message of a type from 0x10 to 0xffff. Types that are not known here must be ignored. */
  onMessage?(link: L, type: number, body: unknown): void
  /**
   * The peer opened a stream and sent its header. Answer with `link.accept(stream)` or `link.refuse(stream, ...)`, now
   * or later. The stream is paused: what else arrives waits, within its window, until `stream.handle(...)`.
   * `initialBytes` are the application's bytes that arrived with the header; they come before what `handle` will
   * deliver.
   */
  onStream(link: L, header: StreamHeader, stream: Stream, initialBytes: Uint8Array | undefined): void
  /**
   * The link itself has refused a stream of the peer, because its header breaks a rule; for counters. Not called for
   * kinds of streams that are not supported here.
   */
  onRefused?(link: L, refused: RefusedStream): void
  /** After a `send` that returned false: the control stream takes more. */
  onWritable?(link: L): void
  /**
   * A message of the peer's registry. When it returns a promise, the next message follows once that has settled; the
   * promise must not reject. Meanwhile what arrives waits within the stream's window, so that a peer cannot send faster
   * than its messages are processed. `body` refers to memory that nothing else uses. Without this function the node has
   * no registry: the link does not name the feature, and the peer's registry stream is refused.
   */
  onRegistry?(link: L, body: unknown): void | Promise<void>
  /** After a `sendRegistry` that returned false: the registry's stream takes more. */
  onRegistryWritable?(link: L): void
  /** The peer has moved to a later incarnation: `link.peer` has it. May repeat. */
  onIncarnation?(link: L): void
  /** The peer reports that it also has a link to another node with this node's id. May repeat. */
  onConflict?(link: L): void
  /** The peer takes no new streams. Those with an id of `lastStreamId` or above were not processed. May repeat. */
  onGoAway?(link: L, lastStreamId: number): void
  /**
   * The link has ended; called exactly once, as the last event. `error` is `undefined` after an intended close by
   * either side, otherwise a {@link LinkError} or what broke the session. Pending dials report their failure
   * themselves.
   */
  onClose(link: L, error: Error | undefined): void
}

/** Limits of the session below a link; the other options of the session are the link's own. */
export type LinkSessionOptions = Omit<
  SessionOptions,
  | 'role'
  | 'handler'
  | 'clock'
  | 'initialBytes'
  | 'maxConcurrentUniStreams'
  | 'evictionCode'
  | 'internalErrorCode'
  | 'refusalCode'
>

/** How a link behaves; for `L` see {@link HandlerOf}. */
export interface OptionsOf<L> {
  /** How this side got the connection. Pipes without a dialer are `'either'` on both sides. */
  readonly role: LinkRole
  /** Who this node is: its Ed25519 key pair. */
  readonly identity: Identity
  /** What it says about itself. */
  readonly introduction: LinkIntroduction
  readonly handler: HandlerOf<L>
  /** Makes `length` random bytes for the nonce, for example `crypto.getRandomValues(new Uint8Array(length))`. */
  readonly randomBytes: (length: number) => Uint8Array
  /**
   * Grows with each link that this node makes, so that both ends agree which of two is newer. An integer from 0 to
   * 2^53 - 1. Default 0: not counted.
   */
  readonly sequence?: number
  /**
   * The network's secret in 32 bytes (`derivePsk` of @astranet/secure), or a function that gives it when it is needed
   * first. A peer without it, or with another, gets `ASTRA_ERR_LINK_AUTHENTICATION`. Default: none; then the peer must
   * have none either.
   */
  readonly psk?: Uint8Array | (() => Promise<Uint8Array>) | undefined
  /**
   * What a dialer presents in place of the network's secret; beside `psk` only its bytes are sent. Default: nothing.
   */
  readonly grant?: LinkGrant | undefined
  /** What both sides prove in place of `psk` and `grant`, whichever of the two dialed. Default: nothing. */
  readonly pair?: LinkPair | undefined
  /**
   * `'auto'`: the link encrypts unless both ends say that the pipe is private or share its TLS (`PipeSecurity`).
   * `'always'`: it encrypts in every case. Default `'auto'`.
   */
  readonly encryption?: 'auto' | 'always' | undefined
  /** The only node that is accepted. Another one gets `ASTRA_ERR_LINK_AUTHENTICATION`. Default: any. */
  readonly expectedNodeId?: NodeId | undefined
  /**
   * The only identity key that is accepted, 32 bytes; where it is known it is better than a node id, which is 64 bits
   * of its hash. A node with another key gets `ASTRA_ERR_LINK_AUTHENTICATION`. Default: any.
   */
  readonly expectedKey?: Uint8Array | undefined
  /** Where the cryptography comes from. Default: `node:crypto` in Node, WebCrypto in browsers. */
  readonly provider?: CryptoProvider | undefined
  /**
   * Where the pipe counts while the handshake is pending: the same object for all links of a node that accept
   * connections. A pipe that loses its slot ends with `ASTRA_ERR_LINK_BUSY`. Default: it does not count.
   */
  readonly slots?: DoorwaySlots | undefined
  /**
   * The remote address under which the pipe counts in `slots`. Set it when a peer can choose the pipe's own remote
   * address, such as the source that a tunnel names. A text that begins with `tunnel:` counts as one host. Default: the
   * pipe's remote address.
   */
  readonly slotAddress?: string | undefined
  /**
   * From `start` until the link is open, in ms, 1 to 2^31 - 1. Default 10,000. Then `ASTRA_ERR_LINK_HELLO_TIMEOUT`, or
   * `_REFUSED` while `admit` decides.
   */
  readonly helloTimeoutMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /**
   * Limits of the session below. `maxConcurrentStreams` counts the control stream and
   * must be 2 or more, so that the other side can open one besides; a registry's stream counts too. Default: the
   * multiplexer's.
   */
  readonly sessionOptions?: LinkSessionOptions
}
