import type { SrvRecord } from 'node:dns'
import { AstraError } from '@astranet/interface'
import { formatTcpAddress } from './address.js'

/** What the records of a network are asked for: `_astranet._tcp.example.com`. */
const SRV_PREFIX = '_astranet._tcp.'

/** How many hosts of one answer are used. */
const MAX_HOSTS = 64

/** Asks for the SRV records of a name. Rejects with the errors of `dns.resolveSrv`. */
export type ResolveSrv = (name: string) => Promise<readonly SrvRecord[]>

/**
 * The hosts of a network, in the order of RFC 2782: those of the lowest priority first, and within a priority at random
 * by weight. `random` is from 0 up to 1. Rejects with `ENOTFOUND` when the name has no such record, or says with the
 * host `.` that there is no network.
 */
export async function hostsOf(name: string, resolve: ResolveSrv, random: () => number): Promise<string[]> {
  const domain = name.replace(/\.$/, '')
  const records = inOrder(await recordsOf(domain, resolve), random)
  const hosts = records.filter(({ name: host, port }) => host !== '' && host !== '.' && port > 0)
  if (hosts.length > 0)
    return hosts.slice(0, MAX_HOSTS).map(({ name: host, port }) => formatTcpAddress(host, port))
  throw new AstraError(
    'ENOTFOUND',
    `The domain ${name} says that it has no AstraNet (SRV ${SRV_PREFIX}${domain}).`,
  )
}

async function recordsOf(domain: string, resolve: ResolveSrv): Promise<readonly SrvRecord[]> {
  const name = SRV_PREFIX + domain
  try {
    return await resolve(name)
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code !== 'ENODATA' && code !== 'ENOTFOUND') throw cause
    const message = `There is no record ${name} of type SRV; to join an address, give a port: ${domain}:10000.`
    throw new AstraError('ENOTFOUND', message, { cause })
  }
}

/** RFC 2782: each next one of a priority is drawn by its share of the weights that are left. */
export function inOrder(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const ordered: SrvRecord[] = []
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((one, other) => one - other)
  for (const priority of priorities) {
    // Those without a weight come first, so that a draw of 0 can still hit one.
    const left = records
      .filter((record) => record.priority === priority)
      .sort((one, other) => Number(one.weight > 0) - Number(other.weight > 0))
    while (left.length > 0) ordered.push(...left.splice(drawn(left, random), 1))
  }
  return ordered
}

function drawn(records: readonly SrvRecord[], random: () => number): number {
  const total = records.reduce((sum, { weight }) => sum + weight, 0)
  const at = Math.floor(random() * (total + 1))
  let sum = 0
  const index = records.findIndex(({ weight }) => (sum += weight) >= at)
  return Math.max(0, index)
}
