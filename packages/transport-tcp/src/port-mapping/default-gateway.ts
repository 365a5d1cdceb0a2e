import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'

/** The kernel's IPv4 routes: one a line, with numbers in hexadecimal, addresses in the machine's byte order. */
const ROUTES = '/proc/net/route'

/** The flags of a route that leads to a gateway and is up. */
const UP_AND_GATEWAY = 0x3

/** The IPv4 address of the gateway of the default route; `undefined` where there is none, or the system is not Linux. */
export async function defaultGateway(): Promise<string | undefined> {
  try {
    return gatewayIn(await readFile(ROUTES, 'utf8'))
  } catch {
    return undefined
  }
}

/** The gateway of the default route with the lowest metric in the text of `/proc/net/route`. */
export function gatewayIn(text: string): string | undefined {
  let best: { readonly host: string; readonly metric: number } | undefined
  for (const line of text.split('\n').slice(1)) {
    const [, destination, gateway = '', flags = '', , , metric, mask] = line.split(/\s+/)
    const isDefault = destination === '00000000' && mask === '00000000'
    if (!isDefault || (Number.parseInt(flags, 16) & UP_AND_GATEWAY) !== UP_AND_GATEWAY) continue
    if (best !== undefined && best.metric <= Number(metric)) continue
    const bytes = Buffer.from(gateway, 'hex')
    if (endianness() === 'LE') bytes.reverse()
    if (bytes.length === 4) best = { host: bytes.join('.'), metric: Number(metric) }
  }
  return best?.host
}
