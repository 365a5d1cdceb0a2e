import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PortMapper } from '@astranet/transport-tcp/port-mapping'
import { describe, expect, it } from 'vitest'
import { serviceIn } from '../src/port-mapping/upnp/igd.js'
import { locationIn } from '../src/port-mapping/upnp/ssdp.js'
import { ANSWER, UpnpGateway, type UpnpGatewayOptions } from './upnp-gateway.js'

const { signal } = new AbortController()

const SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1'

/** A mapper whose gateway refuses PCP and NAT-PMP at once, and knows UPnP. */
async function mapping(options: UpnpGatewayOptions = {}) {
  const gateway = await UpnpGateway.start(options)
  const pcp = createSocket('udp4', (_request, { port, address }) =>
    pcp.send(Buffer.from('028100020000000000000000000000000000000000000000', 'hex'), port, address),
  )
  pcp.bind(0, '127.0.0.1')
  await once(pcp, 'listening')
  const end = { host: '127.0.0.1', port: pcp.address().port, ssdpPort: gateway.ssdpPort }
  const mapper = new PortMapper({ gateway: end })
  const dispose = async (): Promise<void> => {
    pcp.close()
    await gateway[Symbol.asyncDispose]()
  }
  return { gateway, mapper, [Symbol.asyncDispose]: dispose }
}

describe('a port mapper whose gateway knows UPnP only', () => {
  it('finds it, has the port forwarded for two minutes, and takes that back', async () => {
    await using made = await mapping()
    const { gateway, mapper } = made
    const mapped = await mapper.map(6_000, signal)
    expect(mapped?.external).toEqual({ host: '198.51.100.7', port: 6_000 })
    expect([...gateway.forwarded]).toEqual([[6_000, '127.0.0.1:6000']])
    expect(gateway.lifetimes).toEqual([120])
    await mapped?.close()
    await mapped?.close()
    expect(gateway.forwarded.size).toBe(0)
    // A search is sent again when its answer takes 400 ms, as on a busy machine.
    const [search, ...others] = gateway.requests
    expect([search, ...others.filter((each) => each !== search)]).toEqual([
      'M-SEARCH * HTTP/1.1',
      'GET /description.xml',
      `POST /control ${SERVICE}#GetExternalIPAddress`,
      `POST /control ${SERVICE}#AddPortMapping`,
      `POST /control ${SERVICE}#DeletePortMapping`,
    ])
  })

  it.each<[string, UpnpGatewayOptions]>([
    [
      'names a base for its addresses, as IGD 1 may',
      { urlBase: (origin) => `${origin}/igd/1/`, controlUrl: 'ctl?a&amp;b', controlPath: '/igd/1/ctl?a&b' },
    ],
    ['names an empty base', { urlBase: () => '', controlUrl: 'ctl', controlPath: '/ctl' }],
    [
      'names a base at another host, which counts for nothing',
      { urlBase: () => 'http://127.0.0.2:80/igd/', controlUrl: 'ctl', controlPath: '/ctl' },
    ],
  ])('asks a gateway that %s', async (_, options) => {
    await using made = await mapping(options)
    const mapped = await made.mapper.map(6_000, signal)
    expect([...made.gateway.forwarded]).toEqual([[6_000, '127.0.0.1:6000']])
    await mapped?.close()
    expect(made.gateway.forwarded.size).toBe(0)
  })

  /** Given up when the gateway has forwarded the port, and goes on as `then` says. */
  async function givenUp(then: (gateway: UpnpGateway, port: number) => Promise<void>): Promise<UpnpGateway> {
    const stop = new AbortController()
    await using made = await mapping({
      onForwarded: (port) => {
        stop.abort(new Error('not wanted any more'))
        return then(made.gateway, port)
      },
    })
    expect(await made.mapper.map(6_000, stop.signal)).toBeUndefined()
    return made.gateway
  }

  it('gives the port back that was forwarded while it was given up', async () => {
    const gateway = await givenUp(() => Promise.resolve())
    expect(gateway.forwarded.size).toBe(0)
    expect(gateway.requests.at(-1)).toContain('#DeletePortMapping')
  })

  it('gives it back too when the gateway has not answered a second later', async () => {
    const gateway = await givenUp(() => new Promise(() => undefined))
    expect(gateway.forwarded.size).toBe(0)
  })

  it('leaves the port alone when another host has it by then', async () => {
    const gateway = await givenUp(({ forwarded }, port) => {
      forwarded.set(port, '127.0.0.9:6000')
      return new Promise(() => undefined)
    })
    expect([...gateway.forwarded]).toEqual([[6_000, '127.0.0.9:6000']])
    expect(gateway.requests.at(-1)).toContain('#GetSpecificPortMappingEntry')
  })

  it('takes another port of the gateway when other hosts have the first one', async () => {
    await using made = await mapping({ taken: [6_000] })
    const mapped = await made.mapper.map(6_000, signal)
    expect(mapped?.external.port).not.toBe(6_000)
    expect([...made.gateway.forwarded]).toEqual([[mapped?.external.port, '127.0.0.1:6000']])
  })

  it('gives up after three ports', async () => {
    await using made = await mapping({ taken: Array.from({ length: 0x1_0000 }, (_, port) => port) })
    expect(await made.mapper.map(6_000, signal)).toBeUndefined()
    expect(made.gateway.requests.filter((each) => each.includes('AddPortMapping'))).toHaveLength(3)
  })

  it.each<[string, UpnpGatewayOptions]>([
    ['refuses', { refusal: 606 }],
    ['forwards for ever only', { refusal: 725 }],
    ['has no service that forwards ports', { service: 'WANDSLLinkConfig:1' }],
    ['says where nobody is', { externalHost: 'somewhere' }],
    ['says an address that there is not', { externalHost: '300.0.0.1' }],
    ['describes itself with nonsense', { description: '<service><serviceType>' }],
    ['describes itself without an end', { description: 'x'.repeat(70_000) }],
    ['has another host take its requests', { controlUrl: 'http://127.0.0.2:80/control' }],
  ])('leaves a gateway alone for a while that %s', async (_, options) => {
    await using made = await mapping(options)
    expect(await made.mapper.map(6_000, signal)).toBeUndefined()
    const asked = made.gateway.requests.length
    expect(await made.mapper.map(6_001, signal)).toBeUndefined()
    expect(made.gateway.requests).toHaveLength(asked)
  })

  it('asks no other host for the description than the gateway', async () => {
    let requests = 0
    const stranger = createServer((_request, response) => void response.end(String((requests += 1))))
    stranger.listen(0, '127.0.0.2')
    await once(stranger, 'listening')
    const { port } = stranger.address() as AddressInfo
    await using made = await mapping({ ssdpAnswer: () => ANSWER(`http://127.0.0.2:${port}/`) })
    expect(await made.mapper.map(6_000, signal)).toBeUndefined()
    expect(requests).toBe(0)
    stranger.close()
  })
})

it.each([
  ['HTTP/1.1 200 OK\r\nlocation:http://192.168.1.1:5000/d\r\n\r\n', 'http://192.168.1.1:5000/d'],
  ['HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1/\r\n\r\n', 'http://192.168.1.1/'],
  ['HTTP/1.1 200 OK\r\nLOCATION: https://192.168.1.1/\r\n\r\n', undefined],
  ['HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.2/\r\n\r\n', undefined],
  ['HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1@192.168.1.2/\r\n\r\n', undefined],
  ['HTTP/1.1 404 Not Found\r\nLOCATION: http://192.168.1.1/\r\n\r\n', undefined],
  ['NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1/\r\n\r\n', undefined],
  ['', undefined],
])('the description of %j is at %s', (answer, wanted) => {
  expect(locationIn(answer, '192.168.1.1')?.href).toBe(wanted)
})

it('of several services the best one is taken, with its address as given or relative', () => {
  const description = new URL('http://192.168.1.1:5000/a/d.xml')
  const service = (type: string, url: string): string =>
    `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><controlURL>${url}</controlURL></service>`
  const ppp = service('WANPPPConnection:1', 'ppp')
  const ip = service('WANIPConnection:2', 'http://192.168.1.1:6000/ip')
  expect(serviceIn(ppp, description)?.control.href).toBe('http://192.168.1.1:5000/a/ppp')
  expect(serviceIn(ppp + ip, description)?.control.href).toBe('http://192.168.1.1:6000/ip')
  const elsewhere = service('WANIPConnection:2', 'http://192.168.1.9/ip')
  expect(serviceIn(elsewhere + ppp, description)?.control.href).toBe('http://192.168.1.1:5000/a/ppp')
  for (let length = 0; length < ip.length - '</controlURL></service>'.length; length++)
    expect(serviceIn(ip.slice(0, length), description)).toBeUndefined()
})
