import type { ResolvedLimits } from '../session/options.js'
import { LocalStreams } from './local-streams.js'
import { PeerStreams } from './peer-streams.js'

type StreamLimitOptions = Pick<ResolvedLimits, 'maxConcurrentStreams' | 'maxConcurrentUniStreams'>

/** How many streams of each kind (RFC 9000 section 2.1) were opened and may be opened, by either side. */
export class StreamLimits {
  readonly localBidi: LocalStreams = new LocalStreams()
  readonly localUni: LocalStreams = new LocalStreams()
  readonly peerBidi: PeerStreams
  readonly peerUni: PeerStreams

  constructor({ maxConcurrentStreams, maxConcurrentUniStreams }: StreamLimitOptions) {
    this.peerBidi = new PeerStreams(maxConcurrentStreams)
    this.peerUni = new PeerStreams(maxConcurrentUniStreams)
  }

  /** Streams of this side. */
  local(isUnidirectional: boolean): LocalStreams {
    return isUnidirectional ? this.localUni : this.localBidi
  }

  /** Streams of the peer. */
  peer(isUnidirectional: boolean): PeerStreams {
    return isUnidirectional ? this.peerUni : this.peerBidi
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
