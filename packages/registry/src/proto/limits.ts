/** The most entries in one delta; a larger state is sent as several messages. */
export const MAX_ENTRIES_PER_MESSAGE = 1_024

/**
 * The most bytes that one message takes when encoded as msgpack. What carries the messages must allow as much.
 * One entry takes at most about 9 KiB, so every message has room for one.
 */
export const MAX_MESSAGE_BYTES = 65_536

/** The most owners in one digest. */
export const MAX_OWNERS_PER_DIGEST = 1_024

/** The longest environment name, in bytes of UTF-8. The empty name is allowed. */
export const MAX_ENVIRONMENT_BYTES = 255

/** The most tags of one service. */
export const MAX_TAGS = 32

/** The longest tag, in bytes of UTF-8. */
export const MAX_TAG_BYTES = 255

/** The largest weight of a service. */
export const MAX_WEIGHT = 65_535

/** The most roles of one node. */
export const MAX_ROLES = 16

/** The longest role, in bytes of UTF-8. */
export const MAX_ROLE_BYTES = 32

/** The most addresses of one node. */
export const MAX_ADDRESSES = 32

/** The longest address, in bytes of UTF-8. */
export const MAX_ADDRESS_BYTES = 255

/** The largest cost of a link, in ms (about 25 days). */
export const MAX_LINK_COST_MS = 0x7fff_ffff

/** What a catalogue may hold. Every option is an integer. */
export interface CatalogueLimits {
  /**
   * The most live entries of one owner. 1 to 1,048,576, default 65,536. Publishing one more throws a `RangeError`; a
   * neighbour that sends one more is refused with `ASTRA_ERR_REGISTRY_LIMIT`. Use the same number in a whole network.
   */
  readonly maxEntriesPerOwner: number
  /**
   * The most bytes of one owner's entries, counted as they are encoded. 65,536 to 2^31 - 1, default 16,777,216. At the
   * limit as above. While a snapshot arrives both it and what it replaces are held, so an owner costs up to twice this.
   */
  readonly maxBytesPerOwner: number
  /**
   * Withdrawn entries that this node remembers of its own, so that a neighbour which was away hears of them one by one.
   * 0 to 1,048,576, default 1,024, but always as many as there are live entries. At the limit the older half is
   * forgotten, and a neighbour that has missed one of those is sent everything anew.
   */
  readonly maxTombstones: number
  /**
   * The most entries that this node puts in one message. 1 to 1,024, default 1,024. Fewer make more, shorter messages.
   * Says nothing about what is accepted: that is always up to 1,024.
   */
  readonly maxEntriesPerMessage: number
  /**
   * Neighbours that are down and whose entries are kept, so that little has to be sent when they return. 0 to
   * 1,048,576, default 1,024. At the limit the one that has been down longest is forgotten.
   */
  readonly maxRemembered: number
  /**
   * The most bytes of entries of all neighbours that are down together, counted as they are encoded. 0 to 2^53 - 1,
   * default 67,108,864 (64 MiB). At the limit those that have been down longest are forgotten.
   */
  readonly maxRememberedBytes: number
  /**
   * The most bytes of entries of all neighbours that are up together, counted likewise, with what is gathered of
   * snapshots. 65,536 to 2^53 - 1, default 268,435,456 (256 MiB). A neighbour whose message goes beyond it is refused
   * with `ASTRA_ERR_REGISTRY_LIMIT`.
   */
  readonly maxNeighbourBytes: number
  /** How long the entries of a neighbour that is down are kept, in ms. 0 to 2^31 - 1, default 600,000 (10 minutes). */
  readonly forgetAfterMs: number
}

const RANGES: {
  readonly [K in keyof CatalogueLimits]: readonly [min: number, fallback: number, max: number]
} = {
  maxEntriesPerOwner: [1, 65_536, 1_048_576],
  maxBytesPerOwner: [65_536, 16_777_216, 0x7fff_ffff],
  maxTombstones: [0, 1_024, 1_048_576],
  maxEntriesPerMessage: [1, MAX_ENTRIES_PER_MESSAGE, MAX_ENTRIES_PER_MESSAGE],
  maxRemembered: [0, 1_024, 1_048_576],
  maxRememberedBytes: [0, 67_108_864, Number.MAX_SAFE_INTEGER],
  maxNeighbourBytes: [65_536, 268_435_456, Number.MAX_SAFE_INTEGER],
  forgetAfterMs: [0, 600_000, 0x7fff_ffff],
}

/** `limits` with defaults filled in. Throws a `RangeError` that names the option which is out of range. */
export function resolveLimits(limits: Partial<CatalogueLimits>): CatalogueLimits {
  const limit = (name: keyof CatalogueLimits): number => {
    const [min, fallback, max] = RANGES[name]
    const value = limits[name] ?? fallback
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${String(value)}`)
    }
    return value
  }
  return {
    maxEntriesPerOwner: limit('maxEntriesPerOwner'),
    maxBytesPerOwner: limit('maxBytesPerOwner'),
    maxTombstones: limit('maxTombstones'),
    maxEntriesPerMessage: limit('maxEntriesPerMessage'),
    maxRemembered: limit('maxRemembered'),
    maxRememberedBytes: limit('maxRememberedBytes'),
    maxNeighbourBytes: limit('maxNeighbourBytes'),
    forgetAfterMs: limit('forgetAfterMs'),
  }
}
