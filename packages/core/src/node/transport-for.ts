import type { Transport } from '@astranet/interface'
import { invalidValue } from '@astranet/interface/check'

/** How much of an unknown network's name an error shows: it may be a ticket, which is secret. */
const MAX_SHOWN_UNITS = 32

/** The first of a node's transports that has the network. Throws `ERR_INVALID_ARG_VALUE` if there is none. */
export function transportFor(transports: readonly Transport[], network: string): Transport {
  const found = transports.find((each) => each.networks.includes(network))
  if (found !== undefined) return found
  const known = transports.flatMap((each) => each.networks)
  const list = known.length === 0 ? 'none' : known.map((name) => `"${name}"`).join(', ')
  const shown = network.length > MAX_SHOWN_UNITS ? `${network.slice(0, MAX_SHOWN_UNITS)}…` : network
  throw invalidValue('network', `is not known; this node has ${list}`, shown)
}
