import type { Page } from './calls.js'

/** What the demo found out, under the names that `--json` prints. */
export interface DemoResult {
  /** Streams that were open at once, at both ends. */
  readonly streams: number
  /** Bytes that came back on their stream, at their place, unchanged. */
  readonly verifiedBytes: number
  /** Bytes sent that did not. */
  readonly lostBytes: number
  /** TCP connections between the two processes, counted by the operating system; `null` where it cannot be asked. */
  readonly tcpConnections: number | null
  readonly opensPerSecond: number
  /** What each process's resident memory grew by, per open stream. */
  readonly bytesPerStream: { readonly client: number; readonly server: number }
  /** Round trip of a keep-alive with all streams open, in ms. */
  readonly pingMs: number
  readonly page: Page
}

/** Why a result is not what the demo is to show, as a sentence; `undefined` when it is. */
export function faultOf(result: DemoResult, askedStreams: number): string | undefined {
  const { streams, lostBytes, tcpConnections, page } = result
  if (lostBytes > 0) return `${lostBytes} bytes did not come back as they were sent`
  if (streams !== askedStreams) return `only ${streams} of ${askedStreams} streams were open at once`
  if (tcpConnections !== null && tcpConnections !== 1)
    return `there were ${tcpConnections} TCP connections between the two processes instead of one`
  if (page.status !== 200) return `the page came with status ${page.status}`
  return undefined
}
