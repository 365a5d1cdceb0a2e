/**
 * When an entry was written, by its owner's own count. Versions of one owner compare by incarnation, then by sequence;
 * the newest wins.
 */
export interface Version {
  /** Grows each time the owner starts anew (ms since 1970 serve). 0 to 2^53 - 1. */
  readonly incarnation: number
  /** Grows with each change that the owner makes. The first change is 1. */
  readonly sequence: number
}

/** Whether `version` is newer than `other`, which is the same owner's. */
export function isNewer(version: Version, other: Version): boolean {
  if (version.incarnation !== other.incarnation) return version.incarnation > other.incarnation
  return version.sequence > other.sequence
}
