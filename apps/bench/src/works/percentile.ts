/** The value that `fraction` of `times` do not exceed (nearest rank). Sorts `times`. */
export function percentile(times: Float64Array, fraction: number): number {
  times.sort()
  return times[Math.max(0, Math.ceil(times.length * fraction) - 1)] ?? NaN
}
