import { checkInteger, type NumberRange } from '@astranet/interface/check'

/** The most entries in one delta; a larger state is sent as several messages. */
export const MAX_ENTRIES_PER_MESSAGE = 1_024

/**
 * The most bytes that one message takes when encoded as msgpack; the links must carry messages of this size. One entry
 * takes at most about 9 KiB, so every message has room for one.
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

/** A claim about this node's own incarnation is believed up to this much beyond it (in ms: 35 years). */
export const MAX_INCARNATION_STEP = 0x100_0000_0000

/** A claim makes this node adopt a later incarnation at most once in this time, in ms. */
export const INCARNATION_INTERVAL_MS = 10_000

/**
 * How much of what a neighbour was sent before is sent again at once: this many whole states, or this many bytes where
 * the state is small. The same amount becomes free again over this time, in ms. More waits.
 */
export const RESENT_STATES = 4
export const RESENT_MIN_BYTES = 262_144
export const RESENT_REFILL_MS = 40_000

/**
 * How many digests and restarts one neighbour may send at once on a link, and the time, in ms, in which as many more
 * may.
 */
export const REQUESTS_AT_ONCE = 1_024
export const REQUESTS_REFILL_MS = 102_400

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
   * Withdrawn entries of this node that it remembers, so that a neighbour that was away receives them one by one. 0 to
   * 1,048,576, default 1,024, but always as many as there are live entries. At the limit the older half is forgotten,
   * and a neighbour that has missed one of those is sent a snapshot.
   */
  readonly maxTombstones: number
  /**
   * The most entries that this node puts in one message. 1 to 1,024, default 1,024. Fewer make more and shorter
   * messages. Messages of up to 1,024 entries are always accepted.
   */
  readonly maxEntriesPerMessage: number
  /**
   * Neighbours that are down and whose entries are kept, so that little has to be sent when they return. 0 to
   * 1,048,576, default 1,024. At the limit the one that has been down longest is forgotten.
   */
  readonly maxRemembered: number
  /**
   * The most bytes of memory for what is held of all other nodes together, up or down, with staged snapshots. 65,536 to
   * 2^53 - 1, default 67,108,864 (64 MiB). Counted as it is held: an offered service takes about 900 bytes and three
   * times its name. At the limit neighbours that are down are forgotten, the largest first; then the largest neighbour
   * loses the entries of its earlier life, if a snapshot is replacing them, or is refused with
   * `ASTRA_ERR_REGISTRY_LIMIT`, also when another one sent the last message.
   */
  readonly maxHeldBytes: number
  /** How long the entries of a neighbour that is down are kept, in ms. 0 to 2^31 - 1, default 600,000 (10 minutes). */
  readonly forgetAfterMs: number
}

const RANGES: { readonly [K in keyof CatalogueLimits]: NumberRange & { readonly fallback: number } } = {
  maxEntriesPerOwner: { min: 1, fallback: 65_536, max: 1_048_576 },
  maxBytesPerOwner: { min: 65_536, fallback: 16_777_216, max: 0x7fff_ffff },
  maxTombstones: { min: 0, fallback: 1_024, max: 1_048_576 },
  maxEntriesPerMessage: { min: 1, fallback: MAX_ENTRIES_PER_MESSAGE, max: MAX_ENTRIES_PER_MESSAGE },
  maxRemembered: { min: 0, fallback: 1_024, max: 1_048_576 },
  maxHeldBytes: { min: 65_536, fallback: 67_108_864, max: Number.MAX_SAFE_INTEGER },
  forgetAfterMs: { min: 0, fallback: 600_000, max: 0x7fff_ffff },
}

/** `limits` with defaults filled in. Throws a `TypeError` or `RangeError` that names the option that is wrong. */
export function resolveLimits(limits: Partial<CatalogueLimits>): CatalogueLimits {
  const limit = (name: keyof CatalogueLimits): number =>
    checkInteger(name, limits[name] ?? RANGES[name].fallback, RANGES[name])
  return {
    maxEntriesPerOwner: limit('maxEntriesPerOwner'),
    maxBytesPerOwner: limit('maxBytesPerOwner'),
    maxTombstones: limit('maxTombstones'),
    maxEntriesPerMessage: limit('maxEntriesPerMessage'),
    maxRemembered: limit('maxRemembered'),
    maxHeldBytes: limit('maxHeldBytes'),
    forgetAfterMs: limit('forgetAfterMs'),
  }
}
