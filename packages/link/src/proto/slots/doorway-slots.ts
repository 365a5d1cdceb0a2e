import {
  checkFunction,
  checkInteger,
  checkOptions,
  type NumberRange,
  type OptionNames,
} from '@astranet/interface/check'
import { QUOTA_RANGE } from './begin-quota.js'
import type { DoorwaySlot, SlotOwner } from './slot.js'
import { SlotKeeper } from './slot-keeper.js'

/** Pipes of one stage that are pending at the same time, by default. */
export const DEFAULT_SLOTS_PER_STAGE = 1_024

/** Pipes from one host that are pending at the same time, over all stages, by default. */
export const DEFAULT_SLOTS_PER_HOST = 64

/** Handshakes that one host may begin in a second, and at once, by default. */
export const DEFAULT_HANDSHAKES_PER_SECOND = 64

/**
 * Handshakes of all hosts together that are answered in a second, and at once, by default. Each costs half a millisecond
 * to one of a processor.
 */
export const DEFAULT_TOTAL_HANDSHAKES_PER_SECOND = 1_024

const SLOTS_RANGE: NumberRange = { min: 1, max: 1_048_576 }

/** How {@link DoorwaySlots} behave. */
export interface DoorwaySlotsOptions {
  /** Numbers from 0 up to 1 without 1, for example `Math.random`. */
  readonly random: () => number
  /** Pipes that are pending in one stage, 1 to 1,048,576. Default 1,024. */
  readonly maxPerStage?: number
  /**
   * Pipes from one host that are pending, over all stages, 1 to 1,048,576. A host is an IPv4 address, the /64 of an
   * IPv6 address, or a text that begins with `tunnel:`; other remote addresses are not counted. Default 64.
   */
  readonly maxPerHost?: number
  /**
   * Handshakes whose cryptography begins for one host in a second, and at most at once, 1 to 1,000,000. Raise it where
   * many peers share one address. Default 64.
   */
  readonly handshakesPerSecond?: number
  /**
   * Handshakes that are answered in a second, and at most at once, of all hosts together, 1 to 1,000,000. Peers without
   * the network's secret are not answered, and do not count. Where more ask, those to refuse are drawn at random.
   * Default 1,024.
   */
  readonly totalHandshakesPerSecond?: number
}

const NAMES: OptionNames<DoorwaySlotsOptions> = {
  random: true,
  maxPerStage: true,
  maxPerHost: true,
  handshakesPerSecond: true,
  totalHandshakesPerSecond: true,
}

/**
 * The pipes that wait in the doorways of a node, so that peers which are not known yet can take neither all its memory
 * nor all its time. Where there are too many, one drawn at random loses its slot, and not the oldest: so the peers that
 * connect most lose most, and an honest peer among a thousand others is hardly ever the one.
 *
 * Give one object to all links of a node that accept connections. It holds 200 bytes for each pipe, and for a second
 * each host that has begun a handshake (16,384 at most). It also holds the nonces of the last 16,384 first messages that
 * were made with the secret, so that a recorded one is of no use.
 */
export class DoorwaySlots {
  readonly #keeper: SlotKeeper

  /** Throws a `TypeError` or `RangeError` that names the option that is wrong or not known. */
  constructor(options: DoorwaySlotsOptions) {
    checkOptions('options', options, NAMES)
    const { maxPerStage = DEFAULT_SLOTS_PER_STAGE, maxPerHost = DEFAULT_SLOTS_PER_HOST } = options
    const { random, handshakesPerSecond = DEFAULT_HANDSHAKES_PER_SECOND } = options
    const { totalHandshakesPerSecond = DEFAULT_TOTAL_HANDSHAKES_PER_SECOND } = options
    this.#keeper = new SlotKeeper({
      random: checkFunction('options.random', random),
      maxPerStage: checkInteger('options.maxPerStage', maxPerStage, SLOTS_RANGE),
      maxPerHost: checkInteger('options.maxPerHost', maxPerHost, SLOTS_RANGE),
      handshakesPerSecond: checkInteger('options.handshakesPerSecond', handshakesPerSecond, QUOTA_RANGE),
      totalHandshakesPerSecond: checkInteger(
        'options.totalHandshakesPerSecond',
        totalHandshakesPerSecond,
        QUOTA_RANGE,
      ),
    })
  }

  /** Pipes that are pending. */
  get pending(): number {
    return this.#keeper.pending
  }

  /** Pipes that were refused, in the clear or by a session, and are not closed yet: at most 256. */
  get leaving(): number {
    return this.#keeper.leaving
  }

  /**
   * Takes a slot for a pipe of which nothing was read. It, or another one, may lose its slot within the call. Called by
   * links.
   */
  enter(remoteAddress: string, owner: SlotOwner): DoorwaySlot {
    return this.#keeper.enter(remoteAddress, owner)
  }
}
