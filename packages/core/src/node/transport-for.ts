import type { Transport } from '@astranet/interface'

/** The first of a node's transports that has the network. Throws a RangeError if there is none. */
export function transportFor(transports: readonly Transport[], network: string): Transport {
  const found = transports.find((each) => each.networks.includes(network))
  if (found !== undefined) return found
  const known = transports.flatMap((each) => each.networks)
  const list = known.length === 0 ? 'none' : known.map((name) => `"${name}"`).join(', ')
  throw new RangeError(`network ${JSON.stringify(network)} is not known; this node has ${list}`)
}
