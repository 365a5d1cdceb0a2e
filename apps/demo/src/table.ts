import Table from 'cli-table3'
import type { DemoResult, PathFigures } from './result.js'

/** Lines above, below and beside the rows, and one below the head; none between rows. */
const LINES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }

/** The result as two tables: the figures of both paths, and what there is once. */
export function formatTable(result: DemoResult): string {
  return `${pathTable(result)}\n${otherTable(result)}`
}

function pathTable({ relay, direct }: DemoResult): string {
  const table = new Table({
    head: ['', 'through the relay', 'direct'],
    ...{ chars: LINES, colAligns: ['left', 'right', 'right'], style: { head: [], border: [] } },
  })
  const row = (name: string, value: (figures: PathFigures) => string): void =>
    void table.push([name, value(relay), value(direct)])
  row('path of all streams (socket.path)', ({ path }) => path)
  row('protection of the bytes', ({ protection }) =>
    protection === 'private' ? 'loopback address' : protection,
  )
  row('streams open at once', ({ streams }) => format(streams))
  row('streams opened per second', ({ opensPerSecond }) => format(opensPerSecond))
  row('bytes sent, returned and verified', ({ verifiedBytes }) => format(verifiedBytes))
  row('bytes lost', ({ lostBytes }) => format(lostBytes))
  row('round trip, all streams open', ({ roundTripMs }) => `${roundTripMs} ms`)
  row('throughput of one stream', ({ bulkBytesPerSecond }) => `${format(megabytes(bulkBytesPerSecond))} MB/s`)
  row('TCP connections to the relay', ({ tcpConnections }) => orNotKnown(tcpConnections.toRelay))
  row('TCP connections to the server', ({ tcpConnections }) => orNotKnown(tcpConnections.toServer))
  return table.toString()
}

function otherTable({ bytesPerStream, discovery, movedAfterMs }: DemoResult): string {
  const table = new Table({ chars: LINES, colAligns: ['left', 'right'], style: { head: [], border: [] } })
  table.push(
    ['memory per relayed stream, client', `${format(bytesPerStream.client)} bytes`],
    ['memory per relayed stream, relay', `${format(bytesPerStream.relay)} bytes`],
    ['memory per relayed stream, server', `${format(bytesPerStream.server)} bytes`],
    ['moved to the direct path after', `${movedAfterMs} ms`],
    ['services found through the relay', format(discovery.services)],
    ['a new service was found after', `${discovery.seenAfterMs} ms`],
    ['services of the killed server were gone after', `${discovery.goneAfterMs} ms`],
  )
  return table.toString()
}

/** 1234567 as 1,234,567, in every locale. */
export function format(value: number): string {
  return value.toLocaleString('en-US')
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6)
}

function orNotKnown(count: number | null): string {
  return count === null ? 'not known' : format(count)
}
