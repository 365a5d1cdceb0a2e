import { checkArray, invalidValue, outOfRange } from '@astranet/interface/check'

/** How many addresses are advertised for a listener on all interfaces. */
export const MAX_ADDRESSES_PER_LISTENER = 8

/** How many addresses a node advertises: HELLO has room for this many. */
export const MAX_ADVERTISED_ADDRESSES = 16

/** What fits HELLO: printable ASCII characters without spaces. */
const TEXT = /^[\x21-\x7e]{1,255}$/

/** The option, as errors name it. */
const NAME = 'options.advertise'

/** `network://` and an address. */
const ADDRESS = /^[a-z][a-z\d]*:\/\/./

/** Whether others can be told the address. */
export function canBeAdvertised(text: string): boolean {
  return TEXT.test(text)
}

/** `value` when it is a list of addresses to advertise. Otherwise throws a TypeError or RangeError that names it. */
export function checkAdvertise(value: readonly string[]): readonly string[] {
  checkArray(NAME, value)
  if (value.length < 1 || value.length > MAX_ADVERTISED_ADDRESSES)
    throw outOfRange(`${NAME}.length`, `>= 1 && <= ${MAX_ADVERTISED_ADDRESSES}`, value.length)
  for (const text of value as readonly unknown[])
    if (typeof text !== 'string' || !canBeAdvertised(text) || !ADDRESS.test(text))
      throw invalidValue(NAME, 'must have addresses like "tcp://relay.example.com:10000"', text)
  return [...value]
}

/** A wildcard of IPv4, or of both families, and what follows. */
const WILDCARD = /^(0\.0\.0\.0|\[::ffff:0\.0\.0\.0\]|\[::\])(:\d+.*)$/

/** Whether a listener takes connections at all addresses of its machine, so that its own address says nothing. */
export function isOnAllInterfaces({ address }: { readonly address: string }): boolean {
  return WILDCARD.test(address)
}

/**
 * Where others can dial a listener, as `network://address`. A listener on all interfaces of its machine is advertised
 * by the machine's addresses (`hostAddresses`, IP addresses), and not at all if there are none: with `0.0.0.0` or
 * `[::]` other nodes would dial themselves.
 */
export function advertisedAddresses(
  { network, address }: { readonly network: string; readonly address: string },
  hostAddresses: readonly string[],
): string[] {
  const [, wildcard, port] = WILDCARD.exec(address) ?? []
  if (wildcard === undefined) return [`${network}://${address}`]
  const hasIpv4 = network !== 'tcp6'
  const hasIpv6 = wildcard === '[::]'
  const reached = hostAddresses.filter((host) => (host.includes(':') ? hasIpv6 : hasIpv4))
  return reached
    .slice(0, MAX_ADDRESSES_PER_LISTENER)
    .map((host) => `${network}://${host.includes(':') ? `[${host}]` : host}${port}`)
}
