import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a {@link UpnpGateway} does otherwise than a usual one. */
export interface UpnpGatewayOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** The UDP port for SSDP. Default a free one. */
  readonly port?: number
  /** What it says of itself in answers. */
  readonly externalHost?: string
  /** Default what {@link ANSWER} says. */
  readonly ssdpAnswer?: (location: string) => string
  /** The type of its service. Default `WANIPConnection:1`. */
  readonly service?: string
  readonly controlUrl?: string
  /** What `URLBase` of its description says, given where it takes requests; default: the description has none. */
  readonly urlBase?: (origin: string) => string
  /** The only path at which it takes requests. Default: any. */
  readonly controlPath?: string
  /** Its description, in place of the usual one. */
  readonly description?: string
  /** External ports that other hosts have. */
  readonly taken?: readonly number[]
  /** The number of an error for each AddPortMapping. */
  readonly refusal?: number
  /** Called when it has forwarded a port; it answers when that resolves. */
  readonly onForwarded?: (port: number) => Promise<void>
}

/** A usual answer to a search. */
export const ANSWER = (location: string): string =>
  `HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nLocation: ${location}\r\nEXT:\r\n\r\n`

/** A gateway that forwards ports by UPnP: what it is asked, and what it would forward. */
export class UpnpGateway implements AsyncDisposable {
  /** The first lines of what it was sent, in order. */
  readonly requests: string[] = []
  /** Internal ends by external port. */
  readonly forwarded = new Map<number, string>()
  /** The lifetimes that were asked for, in seconds. */
  readonly lifetimes: number[] = []
  readonly #socket: Socket
  readonly #server: Server
  readonly #options: UpnpGatewayOptions

  private constructor(options: UpnpGatewayOptions) {
    this.#options = options
    const { ssdpAnswer = ANSWER, host = '127.0.0.1' } = options
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(([status, text]) => response.writeHead(status).end(text))
    })
    this.#socket = createSocket('udp4', (message, from) => {
      this.requests.push(message.toString().split('\r\n')[0] ?? '')
      const { port } = this.#server.address() as AddressInfo
      this.#socket.send(ssdpAnswer(`http://${host}:${port}/description.xml`), from.port, from.address)
    })
  }

  static async start(options: UpnpGatewayOptions = {}): Promise<UpnpGateway> {
    const gateway = new UpnpGateway(options)
    const { host = '127.0.0.1', port = 0 } = options
    gateway.#socket.bind(port, host)
    gateway.#server.listen(0, host)
    await Promise.all([once(gateway.#socket, 'listening'), once(gateway.#server, 'listening')])
    return gateway
  }

  get ssdpPort(): number {
    return this.#socket.address().port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage): Promise<[status: number, text: string]> {
    const { headers, method = '', url = '' } = request
    let body = ''
    for await (const part of request) body += String(part)
    const action = String(headers['soapaction'] ?? '').replaceAll('"', '')
    this.requests.push(`${method} ${url} ${action}`.trim())
    if (method === 'GET') return [200, this.#options.description ?? this.#description()]
    if ((this.#options.controlPath ?? url) !== url) return [404, '']
    const [, name = ''] = action.split('#')
    if (name === 'GetExternalIPAddress')
      return [
        200,
        `<NewExternalIPAddress>${this.#options.externalHost ?? '198.51.100.7'}</NewExternalIPAddress>`,
      ]
    const port = Number(field(body, 'NewExternalPort'))
    if (name === 'GetSpecificPortMappingEntry') return this.#entry(port)
    if (name === 'DeletePortMapping') return this.forwarded.delete(port) ? [200, ''] : failure(714)
    const { refusal, taken = [], onForwarded } = this.#options
    if (refusal !== undefined) return failure(refusal)
    if (taken.includes(port)) return failure(718)
    this.lifetimes.push(Number(field(body, 'NewLeaseDuration')))
    this.forwarded.set(port, `${field(body, 'NewInternalClient')}:${field(body, 'NewInternalPort')}`)
    await onForwarded?.(port)
    return [200, '']
  }

  #entry(port: number): [status: number, text: string] {
    const [host, internalPort] = this.forwarded.get(port)?.split(':') ?? []
    if (host === undefined) return failure(714)
    const entry = `<NewInternalPort>${internalPort}</NewInternalPort><NewInternalClient>${host}</NewInternalClient>`
    return [200, entry]
  }

  #description(): string {
    const { service = 'WANIPConnection:1', controlUrl = '/control', urlBase } = this.#options
    const { address, port } = this.#server.address() as AddressInfo
    const base = urlBase === undefined ? '' : `<URLBase>${urlBase(`http://${address}:${port}`)}</URLBase>`
    return `<?xml version="1.0"?><root>${base}<device><serviceList>
      <service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType>
        <controlURL>/other</controlURL></service></serviceList><deviceList><device><serviceList>
      <service><serviceType>urn:schemas-upnp-org:service:${service}</serviceType>
        <controlURL>${controlUrl}</controlURL><SCPDURL>/scpd</SCPDURL></service>
      </serviceList></device></deviceList></device></root>`
  }
}

function failure(code: number): [status: number, text: string] {
  return [500, `<s:Fault><detail><UPnPError><errorCode>${code}</errorCode></UPnPError></detail></s:Fault>`]
}

function field(body: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
}
