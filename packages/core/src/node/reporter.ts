import type { ReportChannel } from './report-channel.js'

/** @internal Where a node reports events that belong to no call of the program. */
export interface Reporter {
  /** Publishes to observers of the program, under a name such as `astranet:link:refused`. */
  publish(name: string, message: object): void
  /** Whether anybody observes what is published under that name. */
  hasSubscribers(name: string): boolean
  /** The channel of that name, for what happens very often. */
  channel(name: string): ReportChannel
  /** Warns the person who runs the program. `code` is one of `ASTRA_WARN_*`. */
  warn(message: string, code: string): void
}
