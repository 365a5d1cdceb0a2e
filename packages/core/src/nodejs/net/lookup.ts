import { getDefaultAutoSelectFamily, isIP } from 'node:net'
import type { Given } from './arguments.js'
import { invalidFamily, invalidIpAddress } from './errors.js'

/** An address that a program's `lookup` has found. */
export interface FoundAddress {
  readonly address: string
  readonly family: number
}

/** The program's own `lookup`, of the form of `dns.lookup`. */
type Lookup = (
  host: string,
  options: object,
  callback: (error: Error | null, address: unknown, family?: unknown) => void,
) => void

/** What comes of a lookup: each address that was found in turn, then the one to connect to, or why there is none. */
export interface LookupEvents {
  found(error: Error | null, address?: unknown, family?: unknown): void
  done(result: FoundAddress | Error): void
}

/**
 * Asks the program's `lookup` for the host, with the options that Node would give it. The first address that is valid
 * counts.
 */
export function lookUp(host: string, options: Given, events: LookupEvents): void {
  const lookup = options['lookup'] as Lookup
  const family = familyOf(options['family'])
  const isOne = family === 4 || family === 6 || Boolean(options['localAddress'])
  const all = !isOne && ((options['autoSelectFamily'] as boolean | undefined) ?? getDefaultAutoSelectFamily())
  const hints = Number(options['hints'] || 0)
  lookup(host, { family, hints, ...(all ? { all } : {}) }, (error, address, ofFamily) => {
    const addresses = all && Array.isArray(address) ? (address as unknown[]) : [{ address, family: ofFamily }]
    if (error) {
      events.found(error)
      events.done(error)
    } else events.done(pick(addresses as FoundAddress[], options, events))
  })
}

function pick(
  addresses: readonly FoundAddress[],
  { host, port }: Given,
  events: LookupEvents,
): FoundAddress | Error {
  for (const { address, family } of addresses) events.found(null, address, family)
  const valid = addresses.find(({ address, family }) => isIP(address) !== 0 && (family === 4 || family === 6))
  if (valid !== undefined) return valid
  const [first] = addresses
  if (first === undefined || isIP(first.address) === 0) return invalidIpAddress(first?.address)
  return invalidFamily(first.family, host, port)
}

function familyOf(family: unknown): unknown {
  if (family === 'IPv4') return 4
  return family === 'IPv6' ? 6 : family
}
