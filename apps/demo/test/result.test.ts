import { describe, expect, it } from 'vitest'
import { faultOf, type DemoResult, type PathFigures } from '../src/result.js'

const relay: PathFigures = {
  path: 'relay',
  protection: 'encrypted',
  streams: 10,
  verifiedBytes: 640,
  lostBytes: 0,
  opensPerSecond: 1,
  roundTripMs: 1,
  bulkBytesPerSecond: 1,
  tcpConnections: { toRelay: 1, toServer: 0 },
}

const direct: PathFigures = {
  ...relay,
  path: 'direct',
  protection: 'private',
  tcpConnections: { toRelay: 1, toServer: 1 },
}

const good: DemoResult = {
  relay,
  direct,
  movedAfterMs: 1,
  bytesPerStream: { client: 1, relay: 1, server: 1 },
  page: { status: 200, bytes: 1 },
  discovery: { services: 4, seenAfterMs: 1, goneAfterMs: 1 },
}

describe('a result', () => {
  it('is good when everything came back, all at once, over one connection, on both paths', () => {
    expect(faultOf(good, 10)).toBeUndefined()
  })

  it('is good when the operating system could not be asked', () => {
    const tcpConnections = { toRelay: null, toServer: null }
    expect(
      faultOf({ ...good, relay: { ...relay, tcpConnections }, direct: { ...direct, tcpConnections } }, 10),
    ).toBeUndefined()
  })

  it('has a fault when the page, bytes or streams are missing', () => {
    expect(faultOf({ ...good, page: { status: 500, bytes: 1 } }, 10)).toMatch(/status 500/)
    expect(faultOf({ ...good, direct: { ...direct, lostBytes: 1 } }, 10)).toMatch(
      /1 bytes did not come back .* on the path "direct"/,
    )
    expect(faultOf(good, 11)).toMatch(/only 10 of 11 streams .* on the path "relay"/)
  })

  it('has a fault when streams took another path, or the relay could read them', () => {
    expect(faultOf({ ...good, relay: { ...relay, path: 'direct' } }, 10)).toMatch(
      /on the path "relay" report the path "direct"/,
    )
    expect(faultOf({ ...good, direct: { ...direct, path: 'mixed' } }, 10)).toMatch(/report the path "mixed"/)
    expect(faultOf({ ...good, relay: { ...relay, protection: 'private' } }, 10)).toMatch(/are not encrypted/)
  })

  it('has a fault when there are more connections, or one to the server beside the relay', () => {
    const withConnections = (toRelay: number, toServer: number): DemoResult => ({
      ...good,
      relay: { ...relay, tcpConnections: { toRelay, toServer } },
    })
    expect(faultOf(withConnections(2, 0), 10)).toMatch(/2 TCP connections to the relay instead of one/)
    expect(faultOf(withConnections(1, 1), 10)).toMatch(/1 TCP connections to the server instead of 0/)
    const none = { ...direct, tcpConnections: { toRelay: 1, toServer: 0 } }
    expect(faultOf({ ...good, direct: none }, 10)).toMatch(/0 TCP connections to the server instead of 1/)
  })
})
