import type { Peer } from '../peer.js'

/** The module of each peer. A process loads only the peer that it measures, not the libraries of the others. */
const modules: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>> = {
  tcp: () => import('./tcp.js'),
  'tcp-per-stream': () => import('./tcp-per-stream.js'),
  tls: () => import('./tls.js'),
  http2: () => import('./http2.js'),
  'http2-tls': () => import('./http2.js'),
  'libp2p-yamux': () => import('./libp2p-yamux.js'),
  'libp2p-mplex': () => import('./libp2p-mplex.js'),
  hyperdht: () => import('./hyperdht.js'),
  'moq-qmux': () => import('./moq-qmux.js'),
  secure: () => import('./secure.js'),
  'mux-light': () => import('./mux-light.js'),
  'mux-duplex': () => import('./mux-duplex.js'),
  'mux-secure': () => import('./mux-duplex.js'),
  core: () => import('./core.js'),
  'core-secure': () => import('./core.js'),
  'core-connect': () => import('./core.js'),
}

/** The peer of that name; `undefined` if there is none. */
export async function loadPeer(name: string): Promise<Peer | undefined> {
  const load = modules[name.replace(/-1mib$/, '')]
  if (load === undefined) return undefined
  return Object.values(await load()).find((each): each is Peer => (each as Partial<Peer>).name === name)
}
