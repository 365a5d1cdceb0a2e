import type { ResolvedLimits } from '../session/options.js'
import { LocalStreams } from './local-streams.js'
import { PeerStreams } from './peer-streams.js'

type StreamLimitOptions = Pick<
  ResolvedLimits,
  'isTrusted' | 'maxConcurrentStreams' | 'maxConcurrentUniStreams'
>

/** How many streams of each kind (RFC 9000 section 2.1) were opened and may be opened, by either side. */
export class StreamLimits {
  readonly localBidi: LocalStreams = new LocalStreams()
  readonly localUni: LocalStreams = new LocalStreams()
  readonly peerBidi: PeerStreams
  readonly peerUni: PeerStreams
  readonly #options: StreamLimitOptions

  /** A peer that is not trusted may open one bidirectional stream, until {@link trust}. */
  constructor(options: StreamLimitOptions) {
    this.#options = options
    const { isTrusted, maxConcurrentStreams, maxConcurrentUniStreams } = options
    this.peerBidi = isTrusted ? new PeerStreams(maxConcurrentStreams) : new PeerStreams(1, 1)
    this.peerUni = isTrusted ? new PeerStreams(maxConcurrentUniStreams) : new PeerStreams(0, 0)
  }

  /** Streams of this side. */
  local(isUnidirectional: boolean): LocalStreams {
    return isUnidirectional ? this.localUni : this.localBidi
  }

  /** Streams of the peer. */
  peer(isUnidirectional: boolean): PeerStreams {
    return isUnidirectional ? this.peerUni : this.peerBidi
  }

  /** The peer is authenticated: it may open as many streams as the options say. */
  trust(): void {
    this.peerBidi.trust(this.#options.maxConcurrentStreams)
    this.peerUni.trust(this.#options.maxConcurrentUniStreams)
  }

  /** The session drains: the peer gets no credit for more streams. */
  freeze(): void {
    this.peerBidi.isFrozen = true
    this.peerUni.isFrozen = true
  }

  /** Whether the session drains. */
  get isFrozen(): boolean {
    return this.peerBidi.isFrozen
  }
}
