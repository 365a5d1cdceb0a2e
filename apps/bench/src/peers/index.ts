import type { Peer } from '../peer.js'
import { core, coreEqualWindows } from './core.js'
import { http2, http2EqualWindows } from './http2.js'
import { libp2pMplex } from './libp2p-mplex.js'
import { libp2pYamux } from './libp2p-yamux.js'
import { moqQmux } from './moq-qmux.js'
import { muxDuplex, muxDuplexEqualWindows } from './mux-duplex.js'
import { muxLight, muxLightEqualWindows } from './mux-light.js'
import { tcp } from './tcp.js'
import { tcpPerStream } from './tcp-per-stream.js'

/** Every peer in JavaScript, in the order of the tables. The peers in Go are in `host/go-contestants.ts`. */
export const peers: readonly Peer[] = [
  tcp,
  tcpPerStream,
  http2,
  http2EqualWindows,
  libp2pYamux,
  libp2pMplex,
  moqQmux,
  muxLight,
  muxLightEqualWindows,
  muxDuplex,
  muxDuplexEqualWindows,
  core,
  coreEqualWindows,
]
