/**
 * @internal A diagnostics channel that is asked at each of very many events whether anybody observes it, which costs a
 * property; on Node it is the channel itself.
 */
export interface ReportChannel {
  readonly hasSubscribers: boolean
  publish(message: object): void
}

/** @internal A channel that nobody can observe. */
export const NO_CHANNEL: ReportChannel = { hasSubscribers: false, publish: () => undefined }
