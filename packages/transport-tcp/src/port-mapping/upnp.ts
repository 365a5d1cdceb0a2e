import { randomInt } from 'node:crypto'
import { LIFETIME_S, type ForwardedPort, type GatewayProtocol } from './mapping.js'
import { addForward, addressesOf, findService, removeForward, type IgdService } from './upnp/igd.js'
import { findDescription, type SsdpSearch } from './upnp/ssdp.js'

/** How long all requests for one mapping may take together, in ms; as long for ending it. */
const TIMEOUT_MS = 2_500

/** How many ports of the gateway are tried, when other hosts have them. */
const MAX_PORTS = 3

/**
 * UPnP Internet Gateway Device 1 and 2. Only the gateway itself is asked to forward, whatever its answers name. A
 * multicast search goes to the SSDP group of the network too.
 */
export function upnp(search: SsdpSearch): GatewayProtocol {
  return async (internalPort, signal) => {
    const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      const description = await findDescription(search, either)
      const service = description && (await findService(description, either))
      return service && (await forward(service, internalPort, either))
    } catch {
      // The gateway stopped answering, or its answer is malformed.
      return undefined
    }
  }
}

async function forward(
  service: IgdService,
  internalPort: number,
  signal: AbortSignal,
): Promise<ForwardedPort | undefined> {
  const addresses = await addressesOf(service, signal)
  if (addresses === undefined) return undefined
  const { external: host, client } = addresses
  let port = internalPort
  for (let tried = 0; tried < MAX_PORTS; tried++) {
    const wanted = { externalPort: port, internalPort, client, lifetimeS: LIFETIME_S }
    const result = await addForward(service, wanted, signal)
    if (result === 'refused') return undefined
    if (result === 'added') {
      const externalPort = port
      const end = (): Promise<void> =>
        removeForward(service, externalPort, AbortSignal.timeout(TIMEOUT_MS)).catch(() => undefined)
      return { external: { host, port }, end }
    }
    port = randomInt(1_024, 0x1_0000)
  }
  return undefined
}
