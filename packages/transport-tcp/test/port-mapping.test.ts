import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { PortMapper } from '@astranet/transport-tcp/port-mapping'
import { gatewayIn } from '../src/port-mapping/default-gateway.js'
import { decodePcpAnswer, encodePcpRequest } from '../src/port-mapping/pcp.js'

const open: Socket[] = []
const { signal } = new AbortController()

afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

/** A gateway at a loopback address that answers as `answer` says; what it was asked. */
async function gateway(answer: (request: Buffer) => Buffer | undefined) {
  const requests: Buffer[] = []
  const socket = createSocket('udp4', (request, { port, address }) => {
    requests.push(request)
    const reply = answer(request)
    if (reply !== undefined) socket.send(reply, port, address)
  })
  open.push(socket)
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const mapper = new PortMapper({ gateway: { host: '127.0.0.1', port: socket.address().port } })
  return { mapper, requests }
}

/** The answer of a gateway that grants what PCP asks for, at 198.51.100.7:7777. */
function granted(request: Buffer): Buffer {
  const answer = Buffer.from(request)
  answer.writeUInt8(0x81, 1)
  answer.fill(0, 8, 24)
  answer.writeUInt16BE(7_777, 42)
  answer.set([198, 51, 100, 7], 56)
  return answer
}

/** Requests without their repetitions: one is sent again when its answer takes 250 ms, as on a busy machine. */
const distinct = (requests: readonly Buffer[]): Buffer[] =>
  requests.filter((request, index) => requests.findIndex((other) => other.equals(request)) === index)

const hex = (message: Buffer | undefined): string => (message ?? Buffer.alloc(0)).toString('hex')

describe('a port mapper', () => {
  it('asks by PCP, and ends the mapping with the same nonce', async () => {
    const { mapper, requests } = await gateway(granted)
    const mapping = await mapper.map(6_000, signal)
    expect(mapping?.external).toEqual({ host: '198.51.100.7', port: 7_777 })
    await mapping?.close()
    await mapping?.close()
    expect(distinct(requests)).toHaveLength(2)
    const [first, second] = distinct(requests) as [Buffer, Buffer]
    expect([first.length, first[0], first[1], first.readUInt32BE(4)]).toEqual([60, 2, 1, 120])
    expect(hex(first.subarray(8, 24))).toBe('00000000000000000000ffff7f000001')
    expect([first[36], first.readUInt16BE(40)]).toEqual([6, 6_000])
    expect(second.readUInt32BE(4)).toBe(0)
    expect(hex(second.subarray(24, 36))).toBe(hex(first.subarray(24, 36)))
  })

  it('asks by NAT-PMP where the gateway knows only that', async () => {
    const { mapper, requests } = await gateway((request) => {
      if (request[0] === 2) return Buffer.from('0081000100000000', 'hex')
      if (request.length === 2) return Buffer.from('0080000000000001c6336407', 'hex')
      return Buffer.from('0082000000000001177000e60000003c', 'hex')
    })
    const mapping = await mapper.map(6_000, signal)
    expect(mapping?.external).toEqual({ host: '198.51.100.7', port: 230 })
    await mapping?.close()
    expect(requests.map(hex).filter((request) => request.startsWith('00'))).toEqual([
      '0000',
      '000200001770177000000078',
      '0000',
      '000200001770000000000000',
    ])
  })

  it.each([
    ['refuses by PCP', '02810002000000000000000000000000' + '0000000000000000'],
    ['refuses by NAT-PMP', '0080000200000001'],
  ])('gives up for a while when the gateway %s', async (_, answer) => {
    const { mapper, requests } = await gateway((request) =>
      answer.startsWith('00') && request[0] === 2
        ? Buffer.from('0081000100000000', 'hex')
        : Buffer.from(answer, 'hex'),
    )
    expect(await mapper.map(6_000, signal)).toBeUndefined()
    const asked = requests.length
    expect(await mapper.map(6_001, signal)).toBeUndefined()
    expect(requests).toHaveLength(asked)
  })

  it('asks three times, then gives up, when nobody answers, or only nonsense', async () => {
    const { mapper, requests } = await gateway(() => Buffer.from('nonsense'))
    const start = performance.now()
    expect(await mapper.map(6_000, signal)).toBeUndefined()
    // 1.5 s are what it waits; the rest is for a busy machine, on which the last requests may also arrive late.
    expect(performance.now() - start).toBeLessThan(15_000)
    await expect.poll(() => requests.length, { timeout: 30_000 }).toBe(3)
    // It remembers that the gateway is silent.
    expect(await mapper.map(6_001, signal)).toBeUndefined()
    expect(requests).toHaveLength(3)
  })

  it('ignores an answer to another nonce, and one for another port', async () => {
    const { mapper } = await gateway((request) => {
      const answer = granted(request)
      answer.writeUInt8(answer.readUInt8(24) ^ 1, 24)
      return answer
    })
    expect(await mapper.map(6_000, signal)).toBeUndefined()
    const request = { internalPort: 6_000, lifetimeS: 1, clientHost: '10.0.0.2', nonce: new Uint8Array(12) }
    const answer = granted(encodePcpRequest(request))
    expect(decodePcpAnswer(answer, request)).toMatchObject({ external: { port: 7_777 } })
    expect(decodePcpAnswer(answer, { ...request, internalPort: 6_001 })).toBeUndefined()
    for (let length = 0; length < answer.length; length++) {
      expect(decodePcpAnswer(answer.subarray(0, length), request)).toBeUndefined()
    }
  })

  it.each([
    ['PCP', (request: Buffer) => granted(request)],
    ['NAT-PMP', (request: Buffer) => (request[0] === 2 ? Buffer.from('0081000100000000', 'hex') : undefined)],
  ])('takes back what it asked for by %s when it is aborted before the answer', async (name, answer) => {
    const stop = new AbortController()
    const { mapper, requests } = await gateway((request) => {
      if (request.length === 2) return Buffer.from('0080000000000001c6336407', 'hex')
      if (name === 'NAT-PMP' && request[0] === 2) return answer(request)
      // The first request for the port: its answer is lost.
      const isAborted = stop.signal.aborted
      stop.abort()
      return isAborted ? answer(request) : undefined
    })
    expect(await mapper.map(6_000, stop.signal)).toBeUndefined()
    const lifetimes = distinct(
      requests.filter((request) => request.length > 2 && (name === 'PCP' || request[0] === 0)),
    ).map((request) => request.readUInt32BE(name === 'PCP' ? 4 : 8))
    expect(lifetimes).toEqual([120, 0])
  })

  it('stops when it is aborted, and is not put off by that', async () => {
    const { mapper, requests } = await gateway(() => undefined)
    const stop = new AbortController()
    const mapping = mapper.map(6_000, stop.signal)
    await expect.poll(() => requests.length, { timeout: 30_000 }).toBe(1)
    stop.abort()
    expect(await mapping).toBeUndefined()
    const again = mapper.map(6_000, signal)
    await expect.poll(() => requests.length, { timeout: 30_000 }).toBeGreaterThan(1)
    await again
  })
})

it('the default gateway is that of the default route with the lowest metric', () => {
  const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n'
  const routes = [
    'eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'tun0\t00000000\t00000000\t0001\t0\t0\t10\t00000000\t0\t0\t0',
  ]
  expect(gatewayIn(header + routes.join('\n'))).toBe('192.168.1.1')
  expect(gatewayIn(header)).toBeUndefined()
})
