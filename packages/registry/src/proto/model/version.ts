/** Which state of a log something is. Versions of one log compare by their fields, in this order; the newest wins. */
export interface Version {
  /** Grows each time the owner starts anew. 0 to 2^53 - 1. */
  readonly incarnation: number
  /** Grows with each change that the owner makes to this log. The first change is 1; 0 is the empty log. */
  readonly sequence: number
  /**
   * The first 6 bytes of the state's root, as a number: 0 to 2^48 - 1. It decides between two lives of the owner that
   * have the same incarnation by mistake, so that all nodes end with the same one.
   */
  readonly check: number
}

/** The version of a state, without what the state refers to: a byte array may keep a whole message in memory. */
export function plainVersion({ incarnation, sequence, check }: Version): Version {
  return { incarnation, sequence, check }
}

/** Below 0 when `a` is older than `b`, above 0 when it is newer, 0 when they are the same. */
export function compareVersions(a: Version, b: Version): number {
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation
  if (a.sequence !== b.sequence) return a.sequence - b.sequence
  return a.check - b.check
}

/** Whether both are there and the same. */
export function isSameVersion(a: Version | undefined, b: Version | undefined): boolean {
  return a !== undefined && b !== undefined && compareVersions(a, b) === 0
}

/** Whether `version` is newer than `other`; anything is newer than nothing. */
export function isNewer(version: Version, other: Version | undefined): boolean {
  return other === undefined || compareVersions(version, other) > 0
}
