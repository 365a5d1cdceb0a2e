import type { ServiceInstance } from '@astranet/registry'
import { checkPort } from '@astranet/interface'
import { checkOptions, checkString } from '../api/check.js'

/** Which instances of services are meant. What is left out matches all. */
export interface InstanceFilter {
  /** The port at which they listen, 0 to 2^32 - 1. */
  port?: number
  /** Texts that are all among their tags. */
  tags?: readonly string[]
  /** Where they run. `''`: those that do not say it. */
  zone?: string
}

/** Which services are listed. What is left out matches all. */
export interface ServiceFilter extends InstanceFilter {
  /** Their name. */
  name?: string
  /** The version of the programs that offer them. */
  version?: string
  /** `'passing'` or `'failing'`. */
  health?: ServiceInstance['health']
}

/** @internal `filter` when each of its fields is right. Throws a TypeError or RangeError that names the field. */
export function checkServiceFilter<T extends ServiceFilter>(filter: T, name = 'filter'): T {
  const { port, tags, health } = checkOptions(filter, name)
  if (port !== undefined) checkPort(port)
  if (tags !== undefined) checkTags(tags)
  for (const field of ['name', 'zone', 'version'] as const) {
    const value = filter[field]
    if (value !== undefined) checkString(field, value)
  }
  if (health === undefined || health === 'passing' || health === 'failing') return filter
  throw new TypeError(
    `health must be 'passing' or 'failing', got ${typeof health === 'string' ? JSON.stringify(health) : typeof health}`,
  )
}

/** @internal Whether the filter means the instance. */
export function isMeant(
  { name, port, tags, zone, version, health }: ServiceFilter,
  instance: ServiceInstance,
): boolean {
  if (name !== undefined && instance.name !== name) return false
  if (port !== undefined && instance.port !== port) return false
  if (zone !== undefined && instance.zone !== zone) return false
  if (version !== undefined && instance.version !== version) return false
  if (health !== undefined && instance.health !== health) return false
  return tags === undefined || tags.every((tag) => instance.tags.includes(tag))
}

function checkTags(tags: readonly string[]): void {
  if (!Array.isArray(tags))
    throw new TypeError(`tags must be a list, got ${tags === null ? 'null' : typeof tags}`)
  for (const tag of tags) checkString('tag', tag as string)
}
