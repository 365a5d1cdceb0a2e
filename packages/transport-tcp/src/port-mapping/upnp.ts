import { randomInt } from 'node:crypto'
import { onAbort } from '@astranet/interface'
import { LIFETIME_S, type ForwardedPort, type GatewayProtocol } from './mapping.js'
import {
  addForward,
  addressesOf,
  findService,
  isForwarded,
  removeForward,
  type Forward,
  type IgdService,
} from './upnp/igd.js'
import { findDescription, type SsdpSearch } from './upnp/ssdp.js'

/** How long all requests for one mapping may take together, in ms; as long for ending it. */
const TIMEOUT_MS = 2_500

/**
 * How long the answer to a request that forwards a port is awaited once nobody wants it any more, in ms; as long for
 * finding out what became of it when there is none.
 */
const LATE_ANSWER_MS = 1_000

/** How many ports of the gateway are tried, when other hosts have them. */
const MAX_PORTS = 3

/**
 * UPnP Internet Gateway Device 1 and 2. Only the gateway itself is asked to forward, whatever its answers name. A
 * multicast search goes to the SSDP group of the network too. When `signal` aborts, a port that is forwarded by then is
 * given back first.
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
    const result = await add(service, wanted, signal)
    if (result === 'refused') return undefined
    if (result === 'added') {
      const end = (): Promise<void> => remove(service, wanted)
      if (!signal.aborted) return { external: { host, port }, end }
      await end()
    }
    signal.throwIfAborted()
    port = randomInt(1_024, 0x1_0000)
  }
  return undefined
}

/**
 * Has the gateway forward the port. The request is not cut off: the gateway may have done what it asks for. When no
 * answer comes, the forward is looked for, and ended if it is there.
 */
async function add(service: IgdService, wanted: Forward, signal: AbortSignal): ReturnType<typeof addForward> {
  signal.throwIfAborted()
  const late = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const ignoreSignal = onAbort(signal, () => {
    timer = setTimeout(() => late.abort(new Error('the gateway did not answer')), LATE_ANSWER_MS)
  })
  try {
    return await addForward(service, wanted, late.signal)
  } catch (error) {
    await removeOwn(service, wanted)
    throw error
  } finally {
    ignoreSignal()
    clearTimeout(timer)
  }
}

/** Ends the forward. Never rejects. */
async function remove(service: IgdService, { externalPort }: Forward): Promise<void> {
  await removeForward(service, externalPort, AbortSignal.timeout(TIMEOUT_MS)).catch(() => undefined)
}

/** The same, if it leads to this machine: the port may be another host's. */
async function removeOwn(service: IgdService, wanted: Forward): Promise<void> {
  const signal = AbortSignal.timeout(LATE_ANSWER_MS)
  try {
    if (await isForwarded(service, wanted, signal)) await removeForward(service, wanted.externalPort, signal)
  } catch {
    // The gateway forgets it after its lifetime.
  }
}
