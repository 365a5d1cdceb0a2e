/** Changes of one log that are passed on at once, and the time, in ms, in which as many more are. */
export const CHANGES_AT_ONCE = 50
export const CHANGES_REFILL_MS = 5_000

/** How long after the platform failed to sign a log it is tried again, in ms. */
export const SEAL_RETRY_MS = 1_000

/** Every this many bytes of a log make a change of it count once more: it is hashed whole. */
export const CHANGE_COST_BYTES = 65_536

/** Changes that are accepted of one log, as a multiple of those that are passed on. */
export const ACCEPTED_CHANGES = 2

/** Deltas that one neighbour may send beyond that before it is cut, and the time, in ms, in which they count. */
export const MAX_DROPPED_DELTAS = 1_024
export const DROPPED_WINDOW_MS = 10_000

/**
 * Deltas that do not make the state they name before their speaker is cut, and the time, in ms, in which they count.
 */
export const MAX_SUSPECTS = 8
export const SUSPECT_WINDOW_MS = 60_000

/** Neighbours whose changes of one log are not read until it has changed; when there are more, nobody's are. */
export const MAX_MISMATCHED = 64

/**
 * How long announcements wait, in ms, so that one message carries many and what arrives meanwhile is left out: as a
 * rule, and for `UNSETTLED_MS` after the graph of the routers has changed.
 */
export const ANNOUNCE_DELAY_MS = 2_000
export const QUICK_ANNOUNCE_DELAY_MS = 250
export const UNSETTLED_MS = 10_000

/** How long after its announcement a version is asked for when it does not arrive by itself, in ms. */
export const ASK_DELAY_MS = 150

/** How long an asked neighbour has before the log is asked of another one, in ms: after an announcement, in a pull. */
export const ANNOUNCED_PATIENCE_MS = 2_000
export const PULL_PATIENCE_MS = 10_000

/** How often one announcement is followed before its speaker counts as a liar. */
export const MAX_ASKS = 2

/** Announced logs that a neighbour says it does not hold, one after the other, before it counts as a liar. */
export const MAX_EMPTY_ANSWERS = 64

/** The most logs that one neighbour may have announced and not sent; more announcements are ignored. */
export const MAX_ANNOUNCED = 4_096

/** The most nodes that are awaited because a link to them is known; more are noticed later. */
export const MAX_MISSING = 1_024

/** How long after a link to a node was heard of its log is asked for, in ms. */
export const MISSING_DELAY_MS = 1_000

/** How long far nodes stay visible after the last link to a router was lost, in ms. */
export const GRACE_MS = 5_000

/** How long a node may be out of reach and still be shown at once when it returns, in ms. */
export const SHORT_ABSENCE_MS = 400

/** When a node returns, neighbours are asked one after another to confirm what is held of it, this far apart, in ms. */
export const CONFIRM_PATIENCE_MS = 500

/**
 * How long neighbours are asked to confirm a node that returns, in ms: longer than it takes to notice a link that has
 * gone silent, because nothing can be confirmed over such a link.
 */
export const MAX_RETURN_MS = 12_000

/** How long confirms to one neighbour are apart, in ms, so that one message asks about many nodes. */
export const CONFIRM_INTERVAL_MS = 200

/**
 * Confirms of one neighbour that are taken at once, and the time, in ms, in which as many more are; others are dropped.
 */
export const CONFIRMS_AT_ONCE = 64
export const CONFIRMS_REFILL_MS = 6_400

/** The most owners that one neighbour may wait to have confirmed; it is not answered about more. */
export const MAX_CONFIRMED = 16_384

/** How often the root of what is offered is sent, in ms. */
export const ROOT_INTERVAL_MS = 30_000

/** The most changes of links that wait until a router has sent what it offered, and for how long they do, in ms. */
export const MAX_WAITING_CHANGES = 4_096
export const MAX_ORDER_MS = 10_000

/** The most owners that wait to be named to a neighbour as not held; asks for more are not answered. */
export const MAX_GONE = 65_536

/**
 * The most answers to what one leaf wants that wait behind what is due to it; a later one stands for an earlier one.
 */
export const MAX_MARKS = 64

/**
 * How many owners and records of theirs are looked at at once because one leaf changes what it wants, and the time, in
 * ms, in which as many more are. One change more may begin while there is room; others wait, and become one.
 */
export const LOOKS_AT_ONCE = 262_144
export const LOOKS_REFILL_MS = 40_000

/** The most reports that wait to be taken; the oldest go first. */
export const MAX_REPORTS = 64

/** The most owners that are remembered as refused. */
export const MAX_REFUSED_OWNERS = 1_024

/** The most neighbours whose rations are remembered after their link has gone. */
export const MAX_REMEMBERED_RATIONS = 1_024

/** The most bytes of entries in one message; the rest of `MAX_MESSAGE_BYTES` is for what is around them. */
export const MAX_DELTA_BYTES = 60_000

/** A log of at most this many bytes is sent whole when it is not known what the neighbour holds of it. */
export const SMALL_LOG_BYTES = 4_096

/** A log of at most this many bytes is sent to neighbours that were not offered it when it becomes reachable. */
export const MAX_OFFERED_BYTES = 65_536
