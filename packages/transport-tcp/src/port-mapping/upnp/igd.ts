import { isIPv4 } from 'node:net'
import { exchange, type ExchangeAnswer } from './exchange.js'
import { gatewayUrl } from './ssdp.js'

/** The services of a gateway that forward ports, the best first (UPnP IGD 2 and 1). */
const SERVICES: readonly string[] = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  (name) => `urn:schemas-upnp-org:service:${name}`,
)

/** Another host of the network has the port (error 718 of AddPortMapping). */
const CONFLICT = '718'

/** A service of a gateway, and where it takes requests. */
export interface IgdService {
  readonly type: string
  readonly control: URL
}

/** What became of a request to forward a port. */
export type AddResult = 'added' | 'conflict' | 'refused'

/** Asks the gateway for its description, and finds the service that forwards ports; `undefined` when it has none. */
export async function findService(description: URL, signal: AbortSignal): Promise<IgdService | undefined> {
  const { status, text } = await exchange({ url: description, signal })
  return status === 200 ? serviceIn(text, description) : undefined
}

/**
 * The best service in a description; those whose requests would go to another host are left out. Addresses are relative
 * to the `URLBase` that devices of UPnP 1.0 may name (UPnP Device Architecture 1.0, section 2.1), otherwise to the
 * description.
 */
export function serviceIn(text: string, description: URL): IgdService | undefined {
  const host = description.hostname
  const base = gatewayUrl(tagIn(text, 'URLBase') ?? '', host) ?? description
  const found = text.split('<service>').flatMap((part) => {
    const path = tagIn(part, 'controlURL') ?? ''
    const control = path === '' ? undefined : gatewayUrl(path, host, base)
    return control === undefined ? [] : [{ type: tagIn(part, 'serviceType') ?? '', control }]
  })
  for (const type of SERVICES) {
    const service = found.find((each) => each.type === type)
    if (service !== undefined) return service
  }
  return undefined
}

/** The gateway's IPv4 address outside, with this machine's address inside; `undefined` when it does not say. */
export async function addressesOf(
  service: IgdService,
  signal: AbortSignal,
): Promise<{ readonly external: string; readonly client: string } | undefined> {
  const { status, text, localHost } = await act(service, 'GetExternalIPAddress', {}, signal)
  const external = tagIn(text, 'NewExternalIPAddress') ?? ''
  const client = localHost.replace('::ffff:', '')
  return status === 200 && isIPv4(external) ? { external, client } : undefined
}

/** A TCP port of the gateway, and where it leads. */
export interface Forward {
  readonly externalPort: number
  readonly internalPort: number
  /** This machine's address inside. */
  readonly client: string
  /** How long, in seconds. A gateway that can only forward without an end refuses this. */
  readonly lifetimeS: number
}

/** Has the gateway forward a port. */
export async function addForward(
  service: IgdService,
  { externalPort, internalPort, client, lifetimeS }: Forward,
  signal: AbortSignal,
): Promise<AddResult> {
  const { status, text } = await act(
    service,
    'AddPortMapping',
    {
      NewRemoteHost: '',
      NewExternalPort: String(externalPort),
      NewProtocol: 'TCP',
      NewInternalPort: String(internalPort),
      NewInternalClient: client,
      NewEnabled: '1',
      NewPortMappingDescription: 'AstraNet',
      NewLeaseDuration: String(lifetimeS),
    },
    signal,
  )
  if (status === 200) return 'added'
  return tagIn(text, 'errorCode') === CONFLICT ? 'conflict' : 'refused'
}

/** Has the gateway forward the port no longer. */
export async function removeForward(
  service: IgdService,
  externalPort: number,
  signal: AbortSignal,
): Promise<void> {
  const fields = { NewRemoteHost: '', NewExternalPort: String(externalPort), NewProtocol: 'TCP' }
  await act(service, 'DeletePortMapping', fields, signal)
}

/** Whether the gateway forwards the port to this end now. */
export async function isForwarded(
  service: IgdService,
  { externalPort, internalPort, client }: Omit<Forward, 'lifetimeS'>,
  signal: AbortSignal,
): Promise<boolean> {
  const fields = { NewRemoteHost: '', NewExternalPort: String(externalPort), NewProtocol: 'TCP' }
  const { status, text } = await act(service, 'GetSpecificPortMappingEntry', fields, signal)
  const [host, port] = [tagIn(text, 'NewInternalClient'), tagIn(text, 'NewInternalPort')]
  return status === 200 && host === client && port === String(internalPort)
}

/** One action. No field has a character that XML would need escaped. */
function act(
  { type, control }: IgdService,
  name: string,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ExchangeAnswer> {
  const inner = Object.entries(fields).map(([field, value]) => `<${field}>${value}</${field}>`)
  const body =
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${name} xmlns:u="${type}">${inner.join('')}</u:${name}></s:Body></s:Envelope>`
  return exchange({ url: control, soap: { action: `${type}#${name}`, body }, signal })
}

/** The text of the first element of that name, with `&` as itself: of XML's escapes a URL needs only this one. */
function tagIn(text: string, name: string): string | undefined {
  const start = text.indexOf(`<${name}>`)
  if (start < 0) return undefined
  const from = start + name.length + 2
  const end = text.indexOf('</', from)
  return end < 0 ? undefined : text.slice(from, end).trim().replaceAll('&amp;', '&')
}
