import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'
import { parseHost, type OwnNetwork } from '@astranet/relay'

/** Addresses that are valid on one link only: 169.254.0.0/16 and fe80::/10. */
const LINK_LOCAL = /^(169\.254\.|fe[89ab])/i

/** @internal The IP addresses at which other machines may reach this one, IPv4 first. */
export function hostAddresses(): string[] {
  const found = interfaces().filter(({ internal, address }) => !internal && !LINK_LOCAL.test(address))
  const addresses = found.map(({ address }) => address)
  return [
    ...addresses.filter((address) => !address.includes(':')),
    ...addresses.filter((address) => address.includes(':')),
  ]
}

/** @internal The networks that this machine is in, without loopback and link-local ones. */
export function hostNetworks(): OwnNetwork[] {
  return interfaces().flatMap(({ internal, address, cidr }) => {
    const host = parseHost(address)
    if (internal || LINK_LOCAL.test(address) || host === undefined || cidr === null) return []
    return [{ host, prefixBits: Number(cidr.slice(cidr.indexOf('/') + 1)) }]
  })
}

function interfaces(): NetworkInterfaceInfo[] {
  try {
    return Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  } catch {
    // Some systems do not allow a program to read them.
    return []
  }
}
