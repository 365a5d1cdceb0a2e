import { ipBatch } from '../../../../tooling/test-support/netns/commands.js'
import type { Reach, Started } from './reach.js'

/** Addresses of documentation (RFC 5737) that the internet of the lab drops without an answer. */
const DEAD = '198.51.100'

/** A node advertises sixteen addresses at most. */
export const ADVERTISED = 16

/** The internet answers nothing for these addresses from now on. */
export function makeDeadAddresses(reach: Reach): void {
  ipBatch(reach.lab.internet, [`route add blackhole ${DEAD}.0/24`])
}

/**
 * A node that advertises so many addresses that are dead, and behind them, if it fits, one that is not. `label` names
 * its host.
 */
export async function serverWith(reach: Reach, dead: number, label: string): Promise<Started> {
  const host = await reach.lab.host(label)
  const server = await reach.node(host, { holePunching: false })
  const addresses = Array.from({ length: dead }, (_, index) => `${DEAD}.${dead + index}`)
  ipBatch(host.namespace, [
    'link add dead type bridge',
    'link set dead up',
    ...addresses.map((address) => `addr add ${address}/32 dev dead`),
  ])
  await server.node.call(
    'listen',
    [...addresses, host.address].map((address) => `${address}:5000`),
  )
  return server
}
