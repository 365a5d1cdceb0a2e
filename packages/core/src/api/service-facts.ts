import type { ServiceHealth } from '@astranet/registry'
import type { OptionNames } from './check.js'

/** What is published with a service, for those who choose among its instances. `Listener.update` changes it. */
export interface ServiceFacts {
  /** At most 32 texts of 1 to 255 bytes. Default none. */
  tags?: readonly string[]
  /**
   * The share of dials that this instance should get among those of its name: 0 to 65,535. 0 is a standby, which is
   * chosen only when there is nothing else. Default 1.
   */
  weight?: number
  /** Where it runs, 0 to 255 bytes. Default: the `zone` of the node. */
  zone?: string
  /** The version of the program that offers it, 0 to 255 bytes. Default `''`. */
  version?: string
  /** `'failing'`: it stays listed, and is chosen only when all instances of its name fail. Default `'passing'`. */
  health?: ServiceHealth
}

/** @internal */
export const SERVICE_FACTS: OptionNames<ServiceFacts> = {
  tags: true,
  weight: true,
  zone: true,
  version: true,
  health: true,
}

/** @internal The facts among `options`, without those that are left out. */
export function serviceFacts({ tags, weight, zone, version, health }: ServiceFacts): ServiceFacts {
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(weight === undefined ? {} : { weight }),
    ...(zone === undefined ? {} : { zone }),
    ...(version === undefined ? {} : { version }),
    ...(health === undefined ? {} : { health }),
  }
}
