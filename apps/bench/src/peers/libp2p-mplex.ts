import type { Stream } from '@libp2p/interface'
import { mplex } from '@libp2p/mplex'
import type { Peer } from '../peer.js'
import { libp2pPeer } from './libp2p-muxer.js'

const MANY = 2 ** 31

/** libp2p's mplex, which has no windows: a slow reader breaks the connection. */
export const libp2pMplex: Peer<Stream> = libp2pPeer({
  name: 'libp2p-mplex',
  windows: 'none',
  maxOpenStreams: 100_000,
  factory: mplex({ disconnectThreshold: MANY })(),
})
