import type { ServiceInstance } from '../view/service-instance.js'

/** What a selector may go by. */
export interface SelectorContext {
  /** What the caller wants to stay together, for example a user's id: dials with one key go to one instance. */
  readonly key: string | undefined
  /** The virtual port that the caller asked for, when it asked for one. */
  readonly port: number | undefined
  /** The zone of the node that chooses; `''` when it has none. */
  readonly zone: string
  /** A number from 0 up to but not including 1, as `Math.random` returns. */
  readonly random: () => number
  /** How many streams this node has open to the node of an instance, all its services together. */
  openStreams(instance: ServiceInstance): number
  /** The round-trip time to the node of an instance, in ms; `undefined` when it was not measured. */
  rttMs(instance: ServiceInstance): number | undefined
}

/**
 * Chooses one of the instances of a service; `undefined`: none of them. Any function of this form will do.
 * `instances` must not be changed: others read the same list.
 */
export type Selector = (
  instances: readonly ServiceInstance[],
  context: SelectorContext,
) => ServiceInstance | undefined
