import { createSocket } from 'node:dgram'
import { onAbort } from '@astranet/interface'

/** The port of SSDP, and the group that all devices with UPnP listen to (UPnP Device Architecture, section 1.3). */
export const SSDP_PORT = 1_900
const GROUP = '239.255.255.250'

/** When the search is sent, in ms after the first time: a datagram may be lost. */
const SENT_AFTER_MS: readonly number[] = [0, 400]

/** How long a gateway may take to answer, in ms; it is asked to answer within a second. */
const ANSWER_TIMEOUT_MS = 1_500

const SEARCH: Buffer = Buffer.from(
  [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${GROUP}:${SSDP_PORT}`,
    'MAN: "ssdp:discover"',
    'MX: 1',
    'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1',
    '',
    '',
  ].join('\r\n'),
)

/** Where to search. */
export interface SsdpSearch {
  /** The gateway's IPv4 address: what others answer is ignored. */
  readonly host: string
  /** Its port for SSDP. */
  readonly port: number
  /** Whether the group is asked too, for gateways that answer there alone. */
  readonly isMulticast: boolean
}

/**
 * Asks the gateway where its description is. `undefined` when it does not answer in time, names another host than
 * itself, or `signal` aborts. Never rejects.
 */
export function findDescription(
  { host, port, isMulticast }: SsdpSearch,
  signal: AbortSignal,
): Promise<URL | undefined> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    const finish = (found: URL | undefined): void => {
      for (const timer of timers) clearTimeout(timer)
      ignoreSignal()
      socket.close()
      resolve(found)
    }
    const send = (): void => {
      socket.send(SEARCH, port, host, () => {})
      if (isMulticast) socket.send(SEARCH, SSDP_PORT, GROUP, () => {})
    }
    // A network that is down shows as errors of sends.
    socket.on('error', () => {})
    socket.on('message', (answer, from) => {
      const found = from.address === host ? locationIn(answer.toString('latin1'), host) : undefined
      if (found !== undefined) finish(found)
    })
    const timers = SENT_AFTER_MS.map((ms) => setTimeout(send, ms))
    timers.push(setTimeout(() => finish(undefined), ANSWER_TIMEOUT_MS))
    const ignoreSignal = onAbort(signal, () => finish(undefined))
    if (signal.aborted) finish(undefined)
  })
}

/** The address of the description in an answer to a search; `undefined` when it is not on that host. */
export function locationIn(answer: string, host: string): URL | undefined {
  if (!answer.startsWith('HTTP/1.1 200')) return undefined
  const [, text = ''] = /\r\nlocation:[ \t]*(\S{1,512})[ \t]*\r\n/i.exec(answer) ?? []
  return gatewayUrl(text, host)
}

/** A URL of plain HTTP on the gateway itself; `undefined` for any other: a gateway cannot direct requests elsewhere. */
export function gatewayUrl(text: string, host: string, base?: URL): URL | undefined {
  try {
    const url = new URL(text, base)
    return url.protocol === 'http:' && url.hostname === host ? url : undefined
  } catch {
    return undefined
  }
}
