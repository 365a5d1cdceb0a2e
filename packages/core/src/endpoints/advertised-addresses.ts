/** The most addresses that a listener on all interfaces is told by. */
export const MAX_ADDRESSES_PER_LISTENER = 8

/** A wildcard of IPv4, or of both families, and what follows. */
const WILDCARD = /^(0\.0\.0\.0|\[::ffff:0\.0\.0\.0\]|\[::\])(:\d+.*)$/

/**
 * Where others can dial a listener, as `network://address`. One that listens on all interfaces of its machine has as many
 * addresses as the machine (`hostAddresses`, IP addresses), and none where the machine has none: `0.0.0.0` and `[::]` would
 * lead others to themselves.
 */
export function toldAddresses(
  { network, address }: { readonly network: string; readonly address: string },
  hostAddresses: readonly string[],
): string[] {
  const [, wildcard, rest] = WILDCARD.exec(address) ?? []
  if (wildcard === undefined) return [`${network}://${address}`]
  const hasIpv4 = network !== 'tcp6'
  const hasIpv6 = wildcard === '[::]'
  const reached = hostAddresses.filter((host) => (host.includes(':') ? hasIpv6 : hasIpv4))
  return reached
    .slice(0, MAX_ADDRESSES_PER_LISTENER)
    .map((host) => `${network}://${host.includes(':') ? `[${host}]` : host}${rest}`)
}
