import { describe, expect, it } from 'vitest'
import { faultOf, type DemoResult } from '../src/result.js'

const good: DemoResult = {
  streams: 10,
  verifiedBytes: 640,
  lostBytes: 0,
  tcpConnections: 1,
  opensPerSecond: 1,
  bytesPerStream: { client: 1, server: 1 },
  pingMs: 1,
  page: { status: 200, bytes: 1 },
  discovery: { services: 3, seenAfterMs: 1, goneAfterMs: 1 },
}

describe('a result', () => {
  it('is good when everything came back, all at once, over one connection', () => {
    expect(faultOf(good, 10)).toBeUndefined()
  })

  it('is good when the operating system could not be asked', () => {
    expect(faultOf({ ...good, tcpConnections: null }, 10)).toBeUndefined()
  })

  it('has a fault when bytes, streams or the page are missing, or there are more connections', () => {
    expect(faultOf({ ...good, lostBytes: 1 }, 10)).toMatch(/1 bytes did not come back/)
    expect(faultOf(good, 11)).toMatch(/only 10 of 11 streams/)
    expect(faultOf({ ...good, tcpConnections: 2 }, 10)).toMatch(/2 TCP connections/)
    expect(faultOf({ ...good, page: { status: 500, bytes: 1 } }, 10)).toMatch(/status 500/)
  })
})
