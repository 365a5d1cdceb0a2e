import type { ServiceInstance } from '../view/service-instance.js'

/**
 * The instances that a selector should choose among: those that are passing, or all when none is; of these, those with
 * a weight above 0, or all when every one is a standby. Returns the list itself when all of it is eligible.
 */
export function eligible(instances: readonly ServiceInstance[]): readonly ServiceInstance[] {
  return preferring(passing(instances), (each) => each.weight > 0)
}

/** The instances whose health is `passing`, or all when none is. Returns the list itself when nothing is left out. */
export function passing(instances: readonly ServiceInstance[]): readonly ServiceInstance[] {
  return preferring(instances, (each) => each.health === 'passing')
}

/** The weight of an eligible instance: standbys have equal weights among themselves. */
export function weightOf(instance: ServiceInstance): number {
  return instance.weight || 1
}

/** The instances that are `wanted`, or all when none is; without a copy in the usual case. */
export function preferring(
  instances: readonly ServiceInstance[],
  wanted: (instance: ServiceInstance) => boolean,
): readonly ServiceInstance[] {
  if (instances.every(wanted)) return instances
  const found = instances.filter(wanted)
  return found.length > 0 ? found : instances
}
