/** The names that the first argument of `dial` and `bind` may have. They all mean the same network. */
const STREAM_NETWORKS = ['', 'astra']

/** Throws a RangeError unless `network` is the network of `dial` and `bind`. */
export function checkStreamNetwork(network: string): void {
  if (STREAM_NETWORKS.includes(network)) return
  const known = STREAM_NETWORKS.map((name) => `'${name}'`).join(' or ')
  throw new RangeError(`network must be ${known}, got ${JSON.stringify(network)}`)
}
