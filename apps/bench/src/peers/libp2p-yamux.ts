import type { Stream } from '@libp2p/interface'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Peer } from '../peer.js'
import { libp2pPeer } from './libp2p-muxer.js'

const MANY = 2 ** 31

/** libp2p's yamux. */
export const libp2pYamux: Peer<Stream> = libp2pPeer({
  name: 'libp2p-yamux',
  windows: '256 KiB to 16 MiB a stream',
  // It searches the stream of each frame in an array, so that more streams take hours.
  maxOpenStreams: 100_000,
  factory: yamux({ maxInboundStreams: MANY, maxOutboundStreams: MANY })(),
})
