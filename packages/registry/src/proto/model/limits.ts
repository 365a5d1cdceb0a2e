import { checkInteger, type NumberRange } from '@astranet/interface/check'

/** The most bytes that one message takes when encoded as msgpack; the links must carry messages of this size. */
export const MAX_MESSAGE_BYTES = 65_536

/** The most bytes of one entry, without its length. */
export const MAX_ENTRY_BYTES = 16_384

/** The most items of one list of versions, asked logs or gone owners. */
export const MAX_ITEMS_PER_MESSAGE = 1_024

/** The most versions in a greeting; a sender with more offers them by its root. */
export const MAX_GREETING_ITEMS = 64

/** The buckets of the hash tree: one for each first byte of an owner's id. */
export const BUCKETS = 256

/** The most names that one leaf may want at a time over one link. */
export const MAX_WANTED_NAMES = 1_024

/** The most tags of one service. */
export const MAX_TAGS = 32

/** The longest tag, in bytes of UTF-8. */
export const MAX_TAG_BYTES = 255

/** The largest weight of a service. */
export const MAX_WEIGHT = 65_535

/** The longest zone and the longest version of a service, in bytes of UTF-8. */
export const MAX_LABEL_BYTES = 255

/** The most routers that a node lists in its record. */
export const MAX_NODE_ROUTERS = 64

/** The largest cost of a link, in ms (about 25 days). */
export const MAX_LINK_COST_MS = 0x7fff_ffff

/**
 * Tombstones that a log keeps: this many, and half as many as it has live entries. At the limit the older half is
 * dropped.
 */
export const MIN_TOMBSTONES = 64
export const TOMBSTONE_SHARE = 0.5

/** An own state signed by an earlier life or a twin makes this node move on at most once in this time, in ms. */
export const INCARNATION_INTERVAL_MS = 10_000

/**
 * How much of what a neighbour was sent before is sent again at once: this many whole states, or this many bytes where
 * the state is small. The same amount becomes free again over this time, in ms. More waits.
 */
export const RESENT_STATES = 4
export const RESENT_MIN_BYTES = 262_144
export const RESENT_REFILL_MS = 40_000

/** How many requests one neighbour may send at once on a link, and the time, in ms, in which as many more may. */
export const REQUESTS_AT_ONCE = 1_024
export const REQUESTS_REFILL_MS = 102_400

/** What a catalogue may hold. Every option is an integer. */
export interface CatalogueLimits {
  /**
   * The most entries of one log, with tombstones. 1 to 1,048,576, default 65,536. Publishing one more throws a
   * `RangeError`; a log of another node with more is refused. Use the same number in a whole network.
   */
  readonly maxEntriesPerOwner: number
  /**
   * The most bytes of one log, counted as they are stored. 65,536 to 2^31 - 1, default 4,194,304 (4 MiB). At the limit
   * as above. While a snapshot arrives both it and what it replaces are held.
   */
  readonly maxBytesPerOwner: number
  /**
   * The most bytes of memory for the logs of all other nodes together, with parts that are not complete and with what
   * readers look things up in. 65,536 to 2^53 - 1, default 67,108,864 (64 MiB). Counted as it is held: a service of a
   * short name takes about 300 bytes. At the limit the logs of nodes that cannot be reached go first; then the largest
   * owner is refused with `ASTRA_ERR_REGISTRY_LIMIT`, also when another one sent the last message.
   */
  readonly maxHeldBytes: number
  /** How long the logs of a node that cannot be reached are kept, in ms. 0 to 2^31 - 1, default 600,000. */
  readonly forgetAfterMs: number
}

/** The ranges and defaults of {@link CatalogueLimits}, by their names. */
export const LIMIT_RANGES: {
  readonly [K in keyof CatalogueLimits]: NumberRange & { readonly fallback: number }
} = {
  maxEntriesPerOwner: { min: 1, fallback: 65_536, max: 1_048_576 },
  maxBytesPerOwner: { min: 65_536, fallback: 4_194_304, max: 0x7fff_ffff },
  maxHeldBytes: { min: 65_536, fallback: 67_108_864, max: Number.MAX_SAFE_INTEGER },
  forgetAfterMs: { min: 0, fallback: 600_000, max: 0x7fff_ffff },
}

/** `limits` with defaults filled in. Throws a `TypeError` or `RangeError` that names the option that is wrong. */
export function resolveLimits(limits: Partial<CatalogueLimits>): CatalogueLimits {
  const limit = (name: keyof CatalogueLimits): number =>
    checkInteger(name, limits[name] ?? LIMIT_RANGES[name].fallback, LIMIT_RANGES[name])
  return {
    maxEntriesPerOwner: limit('maxEntriesPerOwner'),
    maxBytesPerOwner: limit('maxBytesPerOwner'),
    maxHeldBytes: limit('maxHeldBytes'),
    forgetAfterMs: limit('forgetAfterMs'),
  }
}
