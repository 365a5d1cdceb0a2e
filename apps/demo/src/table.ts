import Table from 'cli-table3'
import type { DemoResult } from './result.js'

/** The result as a table. */
export function formatTable(result: DemoResult): string {
  const { page, bytesPerStream, discovery } = result
  const table = new Table({ colAligns: ['left', 'right'], style: { head: [], border: [] } })
  table.push(
    ['page fetched through a stream', `status ${page.status}, ${format(page.bytes)} bytes`],
    ['streams open at once', format(result.streams)],
    ['TCP connections used', result.tcpConnections === null ? 'not known' : format(result.tcpConnections)],
    ['bytes sent, returned and verified', format(result.verifiedBytes)],
    ['bytes lost', format(result.lostBytes)],
    ['streams opened per second', format(result.opensPerSecond)],
    ['memory per open stream, client', `${format(bytesPerStream.client)} bytes`],
    ['memory per open stream, server', `${format(bytesPerStream.server)} bytes`],
    ['keep-alive round trip', `${result.pingMs} ms`],
    ['services found through the router', format(discovery.services)],
    ['a new service was found after', `${discovery.seenAfterMs} ms`],
    ['services of the killed server were gone after', `${discovery.goneAfterMs} ms`],
  )
  return table.toString()
}

/** 1234567 as 1,234,567, in every locale. */
export function format(value: number): string {
  return value.toLocaleString('en-US')
}
