import type { Page } from './calls.js'
import type { Discovery } from './discovery.js'

/** The result of the demo, with the names that `--json` prints. */
export interface DemoResult {
  /** Streams that were open at once, at both ends. */
  readonly streams: number
  /** Bytes that returned on their stream, at their position, unchanged. */
  readonly verifiedBytes: number
  /** Sent bytes that did not. */
  readonly lostBytes: number
  /** TCP connections between the two processes, counted by the operating system; `null` if it cannot report them. */
  readonly tcpConnections: number | null
  readonly opensPerSecond: number
  /** Growth of each process's resident memory, per open stream. */
  readonly bytesPerStream: { readonly client: number; readonly server: number }
  /** Round trip of a keep-alive with all streams open, in ms. */
  readonly pingMs: number
  readonly page: Page
  /** What a node of the client found out that has joined the router alone. */
  readonly discovery: Discovery & {
    /** From the kill of the server until its services were gone, in ms. */
    readonly goneAfterMs: number
  }
}

/** Why a result is not the expected one, as a sentence; `undefined` if it is. */
export function faultOf(result: DemoResult, askedStreams: number): string | undefined {
  const { streams, lostBytes, tcpConnections, page } = result
  if (lostBytes > 0) return `${lostBytes} bytes did not come back as they were sent`
  if (streams !== askedStreams) return `only ${streams} of ${askedStreams} streams were open at once`
  if (tcpConnections !== null && tcpConnections !== 1)
    return `there were ${tcpConnections} TCP connections between the two processes instead of one`
  if (page.status !== 200) return `the page came with status ${page.status}`
  return undefined
}
