/** What a process has used until now. */
export interface Usage {
  /** When, in ms of the process's own clock. */
  readonly atMs: number
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** Of this process. */
export function usageNow(): Usage {
  const { user, system } = process.cpuUsage()
  return {
    atMs: performance.now(),
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
  }
}

/** The share of one core between two moments. */
export function coreShare(from: Usage, until: Usage): number {
  return (until.cpuSeconds - from.cpuSeconds) / ((until.atMs - from.atMs) / 1_000)
}

/** A share as a percentage. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
