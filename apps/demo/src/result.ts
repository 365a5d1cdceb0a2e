import type { Page, Path, Protection } from './calls.js'
import type { Discovery } from './network.js'

/** What the client measured over one path. */
export interface PathFigures {
  /** The path of the streams, as `socket.path` of each reported it. */
  readonly path: Path
  /** What protects their bytes, as `remoteIdentity.security` of each reported it: the relay cannot read them. */
  readonly protection: Protection
  /** Streams that were open at once, at both ends. */
  readonly streams: number
  /** Bytes that returned on their stream, at their position, unchanged. */
  readonly verifiedBytes: number
  /** Sent bytes that did not. */
  readonly lostBytes: number
  readonly opensPerSecond: number
  /** Median round trip of one byte with all streams open, in ms. */
  readonly roundTripMs: number
  /** Throughput of one stream. */
  readonly bulkBytesPerSecond: number
  /** The client's TCP connections, counted by the operating system; `null` if it cannot report them. */
  readonly tcpConnections: { readonly toRelay: number | null; readonly toServer: number | null }
}

/** The result of the demo, with the names that `--json` prints. */
export interface DemoResult {
  /** While the client reached the server through the relay. */
  readonly relay: PathFigures
  /** After the move to a direct path. */
  readonly direct: PathFigures
  /** From the server's listening until new streams of the client were direct, in ms. */
  readonly movedAfterMs: number
  /** Growth of each process's resident memory with all streams open through the relay, per stream. */
  readonly bytesPerStream: { readonly client: number; readonly relay: number; readonly server: number }
  readonly page: Page
  /** What the client found out through the relay. */
  readonly discovery: Discovery & {
    /** From the kill of the server until its services were gone, in ms. */
    readonly goneAfterMs: number
  }
}

/** Why a result is not the expected one, as a sentence; `undefined` if it is. */
export function faultOf({ relay, direct, page }: DemoResult, askedStreams: number): string | undefined {
  if (page.status !== 200) return `the page came with status ${page.status}`
  return (
    faultOfPath(relay, { path: 'relay', streams: askedStreams, toServer: 0 }) ??
    faultOfPath(direct, { path: 'direct', streams: askedStreams, toServer: 1 })
  )
}

interface Expected {
  readonly path: Path
  readonly streams: number
  /** TCP connections between client and server. The one to the relay stays. */
  readonly toServer: number
}

function faultOfPath(figures: PathFigures, expected: Expected): string | undefined {
  const { path, protection, streams, lostBytes, tcpConnections } = figures
  const { toRelay, toServer } = tcpConnections
  const where = `on the path "${expected.path}"`
  if (path !== expected.path) return `streams ${where} report the path "${path}"`
  if (path === 'relay' && protection !== 'encrypted') return `streams ${where} are not encrypted`
  if (lostBytes > 0) return `${lostBytes} bytes did not come back as they were sent ${where}`
  if (streams !== expected.streams)
    return `only ${streams} of ${expected.streams} streams were open at once ${where}`
  if (toRelay !== null && toRelay !== 1)
    return `the client had ${toRelay} TCP connections to the relay instead of one ${where}`
  if (toServer !== null && toServer !== expected.toServer)
    return `the client had ${toServer} TCP connections to the server instead of ${expected.toServer} ${where}`
  return undefined
}
