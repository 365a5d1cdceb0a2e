import type { Clock, NodeId } from '@astranet/interface'
import type { SessionOptions, Stream } from '@astranet/mux'
import type { LinkError } from '../../proto/error-codes.js'
import type { Hello } from '../../proto/hello.js'
import type { LinkRole } from '../../proto/preamble.js'
import type { StreamHeader } from '../../proto/stream-header.js'
import type { HelloProof } from '../doorway/hello-proof.js'
import type { Link } from './link.js'

/** How long a link may take from its first byte to both HELLOs, in ms, unless told otherwise. */
export const DEFAULT_HELLO_TIMEOUT_MS = 10_000

/** What this node says of itself. */
export interface LinkIdentity {
  readonly nodeId: NodeId
  /** Must grow with every start of the node: an integer from 0 to 2^53 - 1, for example the start's time in ms. */
  readonly incarnation: number
  /**
   * A random integer from 0 to 2^53 - 1, chosen with each start of the node. By it neighbours tell a link that a former
   * start of the node has left behind from another link of the same one. Default none: then incarnations must do.
   */
  readonly life?: number
  /** At most 8 strings of 1 to 32 characters of printable ASCII without spaces. Default none. */
  readonly roles?: readonly string[]
  /** Where others can dial this node, as `network://address`. At most 16 of at most 255 characters. Default none. */
  readonly listenAddresses?: readonly string[]
  /** Abilities beyond version 1. At most 32 of at most 64 characters. Default none. */
  readonly features?: readonly string[]
}

/** What the owner of a {@link Link} is told. Never from inside a call to the link, except to `start`. */
export interface LinkHandler {
  /**
   * The peer's HELLO arrived and is well-formed: whether it is welcome. Return an error to refuse it: the link closes
   * with its close code and message. Default: everybody is welcome.
   */
  admit?(link: Link, hello: Hello): LinkError | undefined
  /** Both HELLOs are accepted: everything works from now on. At most once. */
  onOpen(link: Link): void
  /** A control message of a type from 0x10 to 0xffff. Types that mean nothing here must be ignored. */
  onMessage?(link: Link, type: number, body: unknown): void
  /**
   * The peer opened a stream and said what for. Answer with `link.accept(stream)` or `link.refuse(stream, ...)`, now or
   * later. The stream is paused: what else arrives waits, within its window, until `stream.handle(...)`. `rest` is what
   * arrived of the application's bytes along with the header; it comes before what `handle` will deliver.
   */
  onStream(link: Link, header: StreamHeader, stream: Stream, rest: Uint8Array | undefined): void
  /** After a `send` that returned false: the control stream takes more. */
  onWritable?(link: Link): void
  /** The peer's registry said something. Without this there is no registry here, and the peer is told so. */
  onRegistry?(link: Link, body: unknown): void
  /** After a `sendRegistry` that returned false: the registry's stream takes more. */
  onRegistryWritable?(link: Link): void
  /** The peer has a link to another node with this node's id, too. May repeat. */
  onConflict?(link: Link): void
  /** The peer takes no new streams. Those with an id of `lastStreamId` or above were not processed. May repeat. */
  onGoAway?(link: Link, lastStreamId: number): void
  /**
   * The link is over, exactly once, last. `error` is `undefined` after an intended close by either side, otherwise a
   * {@link LinkError} or what broke the session. Dials still under way fail on their own.
   */
  onClose(link: Link, error: Error | undefined): void
}

/** How a {@link Link} behaves. */
export interface LinkOptions {
  /** How this side came to the connection. Attached pipes with no dialer are `'either'` on both sides. */
  readonly role: LinkRole
  readonly identity: LinkIdentity
  readonly handler: LinkHandler
  /** Makes `length` random bytes for the nonce, for example `crypto.getRandomValues(new Uint8Array(length))`. */
  readonly randomBytes: (length: number) => Uint8Array
  /**
   * Numbers the links of this node, growing, so that both ends agree which of two is newer. An integer from 0 to
   * 2^53 - 1. Default 0: not counted.
   */
  readonly sequence?: number
  /** What authenticated the peer, for example a certificate's fingerprint. Default: nothing did. */
  readonly credential?: string
  /**
   * What each side must prove in its HELLO, for example {@link sharedSecretProof}; both sides have the same or none. The
   * client proves itself first. A peer without it, or with another, gets `ASTRA_ERR_LINK_AUTHENTICATION`. Only on pipes that
   * say they are confidential (`capabilities.confidential`). Default: nothing is proved.
   */
  readonly proof?: HelloProof
  /**
   * Whether `proof` is also used on pipes that others can read: they can then try guesses at the secret, and whoever can
   * change the bytes takes the link over after the proof. Default `false`.
   */
  readonly insecure?: boolean
  /** From `start` until both HELLOs are accepted, in ms, 1 to 2^31 - 1. Default 10,000. Then `ASTRA_ERR_LINK_HELLO_TIMEOUT`. */
  readonly helloTimeoutMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /**
   * Limits of the session below; those of the handshake are fixed. `maxConcurrentStreams` counts the control stream and
   * must be 2 or more, lest the other side never opens one; where there is a registry, its stream counts too. Default: the multiplexer's.
   */
  readonly sessionOptions?: Omit<
    SessionOptions,
    | 'role'
    | 'handler'
    | 'clock'
    | 'isTrusted'
    | 'initialBytes'
    | 'maxConcurrentUniStreams'
    | 'evictionCode'
    | 'internalErrorCode'
    | 'refusalCode'
  >
}
