import { BeginQuota } from './begin-quota.js'
import { FirstMessages } from './first-messages.js'
import { remoteHost } from './remote-host.js'
import { SlotList, type Listed } from './slot-list.js'
import { TotalQuota } from './total-quota.js'
import { SLOT_STAGES, type DoorwaySlot, type SlotOwner, type SlotStage } from './slot.js'

/** Refused pipes that may stay open for a moment, so that the peer can read the refusal: 1 s, or 3 s by a session. */
export const MAX_LEAVING_PIPES = 256

/** The limits of a {@link SlotKeeper}, checked. */
export interface SlotLimits {
  readonly random: () => number
  readonly maxPerStage: number
  readonly maxPerHost: number
  readonly handshakesPerSecond: number
  readonly totalHandshakesPerSecond: number
}

/** What `DoorwaySlots` are made of. */
export class SlotKeeper {
  readonly #limits: SlotLimits
  readonly #quota: BeginQuota
  readonly #total: TotalQuota
  readonly firstMessages: FirstMessages = new FirstMessages()
  readonly #stages: Readonly<Record<SlotStage, SlotList<PendingSlot>>> = {
    silent: new SlotList(),
    greeted: new SlotList(),
    answered: new SlotList(),
  }
  readonly #hosts = new Map<string, Set<PendingSlot>>()
  /** Refused, in their order. */
  readonly #leaving = new Set<PendingSlot>()

  constructor(limits: SlotLimits) {
    this.#limits = limits
    this.#quota = new BeginQuota(limits.handshakesPerSecond)
    const { random, totalHandshakesPerSecond: perSecond } = limits
    this.#total = new TotalQuota({ random, perSecond })
  }

  get pending(): number {
    return SLOT_STAGES.reduce((sum, stage) => sum + this.#stages[stage].size, 0)
  }

  get leaving(): number {
    return this.#leaving.size
  }

  enter(remoteAddress: string, owner: SlotOwner): DoorwaySlot {
    const slot = new PendingSlot(this, { owner, host: remoteHost(remoteAddress) })
    this.#stages.silent.add(slot)
    if (slot.host !== undefined) this.#enterHost(slot, slot.host)
    this.#enforceStage('silent')
    return slot
  }

  advance(slot: PendingSlot, stage: SlotStage): void {
    if (!slot.isPending) return
    this.#stages[slot.stage].delete(slot)
    slot.stage = stage
    this.#stages[stage].add(slot)
    this.#enforceStage(stage)
  }

  begin({ host }: PendingSlot, now: number): boolean {
    return host === undefined || this.#quota.take(host, now)
  }

  /** What peers without the secret ask for, or a host that begins too many, is no reason to refuse others. */
  answer(now: number): boolean {
    return this.#total.take(now)
  }

  linger(slot: PendingSlot): void {
    if (!slot.isPending) return
    this.release(slot)
    this.#leaving.add(slot)
    const [oldest] = this.#leaving
    if (this.#leaving.size <= MAX_LEAVING_PIPES || oldest === undefined) return
    this.#leaving.delete(oldest)
    oldest.owner.onCut()
  }

  release(slot: PendingSlot): void {
    this.#leaving.delete(slot)
    if (!slot.isPending) return
    this.#stages[slot.stage].delete(slot)
    const { host } = slot
    if (host === undefined) return
    const ofHost = this.#hosts.get(host)
    ofHost?.delete(slot)
    if (ofHost?.size === 0) this.#hosts.delete(host)
  }

  #enterHost(slot: PendingSlot, host: string): void {
    const ofHost = this.#hosts.get(host) ?? new Set()
    this.#hosts.set(host, ofHost.add(slot))
    if (ofHost.size > this.#limits.maxPerHost) this.#evict(this.#drawOfHost(ofHost))
  }

  /**
   * One of those to which no message 2 was sent; the new one is always among them. Those that have sent a preamble are
   * not spared: with 46 bytes each, one peer behind a shared address could then keep out all others.
   */
  #drawOfHost(ofHost: ReadonlySet<PendingSlot>): PendingSlot | undefined {
    const candidates = [...ofHost].filter(({ stage }) => stage !== 'answered')
    return candidates[Math.floor(this.#limits.random() * candidates.length)]
  }

  #enforceStage(stage: SlotStage): void {
    const list = this.#stages[stage]
    if (list.size > this.#limits.maxPerStage) this.#evict(list.draw(this.#limits.random))
  }

  /** It is among those that leave then, because the peer may have to read a refusal. */
  #evict(slot: PendingSlot | undefined): void {
    if (slot === undefined) return
    this.linger(slot)
    slot.owner.onEvicted()
  }
}

class PendingSlot implements DoorwaySlot, Listed {
  readonly owner: SlotOwner
  readonly host: string | undefined
  place = -1
  stage: SlotStage = 'silent'
  readonly #keeper: SlotKeeper

  constructor(keeper: SlotKeeper, { owner, host }: { owner: SlotOwner; host: string | undefined }) {
    this.#keeper = keeper
    this.owner = owner
    this.host = host
  }

  get isPending(): boolean {
    return this.place >= 0
  }

  advance(stage: SlotStage): void {
    this.#keeper.advance(this, stage)
  }

  begin(now: number): boolean {
    return this.#keeper.begin(this, now)
  }

  answer(now: number): boolean {
    return this.#keeper.answer(now)
  }

  isNew(nonce: Uint8Array): boolean {
    return this.#keeper.firstMessages.isNew(nonce)
  }

  linger(): void {
    this.#keeper.linger(this)
  }

  release(): void {
    this.#keeper.release(this)
  }
}
