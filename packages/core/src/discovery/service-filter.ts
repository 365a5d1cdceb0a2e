import { checkArray, checkOneOf } from '@astranet/interface/check'
import type { ServiceInstance } from '@astranet/registry'
import { checkPort } from '@astranet/interface'
import { checkOptions, checkString, type OptionNames } from '../api/check.js'

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

/** @internal */
export const INSTANCE_FILTER: OptionNames<InstanceFilter> = { port: true, tags: true, zone: true }

const SERVICE_FILTER: OptionNames<ServiceFilter> = {
  ...INSTANCE_FILTER,
  name: true,
  version: true,
  health: true,
}

/** @internal `filter` when each of its fields is right. Throws a TypeError or RangeError that names the field. */
export function checkServiceFilter<T extends ServiceFilter>(filter: T, name = 'filter'): T {
  checkOptions<ServiceFilter>(name, filter, SERVICE_FILTER)
  const { port, tags, health } = filter
  if (port !== undefined) checkPort(port, `${name}.port`)
  if (tags !== undefined) checkTags(name, tags)
  for (const field of ['name', 'zone', 'version'] as const) {
    const value = filter[field]
    if (value !== undefined) checkString(`${name}.${field}`, value)
  }
  if (health !== undefined) checkOneOf(`${name}.health`, health, ['passing', 'failing'])
  return filter
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

function checkTags(name: string, tags: readonly string[]): void {
  for (const tag of checkArray(`${name}.tags`, tags)) checkString(`${name}.tags`, tag)
}
