import type { Peer } from '../peer.js'
import { core, coreConnect, coreEqualWindows, coreSecure } from './core.js'
import { http2, http2EqualWindows, http2Tls } from './http2.js'
import { hyperdht } from './hyperdht.js'
import { libp2pMplex } from './libp2p-mplex.js'
import { libp2pYamux } from './libp2p-yamux.js'
import { moqQmux } from './moq-qmux.js'
import { muxDuplex, muxDuplexEqualWindows, muxSecure } from './mux-duplex.js'
import { muxLight, muxLightEqualWindows } from './mux-light.js'
import { secure } from './secure.js'
import { tcp } from './tcp.js'
import { tcpPerStream } from './tcp-per-stream.js'
import { tls } from './tls.js'

/** Every peer in JavaScript, in the order of the tables. The peers in Go are in `host/go-contestants.ts`. */
export const peers: readonly Peer[] = [
  tcp,
  tcpPerStream,
  tls,
  http2,
  http2EqualWindows,
  http2Tls,
  libp2pYamux,
  libp2pMplex,
  moqQmux,
  hyperdht,
  secure,
  muxLight,
  muxLightEqualWindows,
  muxDuplex,
  muxDuplexEqualWindows,
  muxSecure,
  core,
  coreConnect,
  coreEqualWindows,
  coreSecure,
]
