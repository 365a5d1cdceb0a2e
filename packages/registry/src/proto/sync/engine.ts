import type { CatalogueOptions, CatalogueRoleOptions } from '../model/catalogue-options.js'
import { Parts } from './parts.js'
import { GRACE_MS } from './sync-limits.js'

/** What one catalogue does as a whole. */
export class Engine extends Parts {
  /** Since when nodes return without a pause. */
  #waitsSince: number | undefined = undefined

  /** `onWork` is called when a promise has brought something. Throws like `Catalogue`'s constructor. */
  constructor(options: CatalogueOptions, onWork: () => void) {
    super(options, onWork)
    this.setRole(options)
  }

  /** See `Catalogue.setRole`. */
  setRole({ role, catalogue }: CatalogueRoleOptions): void {
    this.state.role = role
    this.state.scope = catalogue
    this.ownLinks.setRouter(role === 'router')
    this.ownRecords.setRole(role)
  }

  /** See `Catalogue.leave`. */
  leave(): void {
    const { ownRecords, own, state } = this
    ownRecords.leave()
    for (const record of own.links.log.records()) own.links.log.withdraw(record)
    this.ownLinks.setRouter(false)
    state.signal.mark()
  }

  /** See `Catalogue.hasLeft`. */
  get hasLeft(): boolean {
    const { own, ownRecords, state } = this
    if (!ownRecords.hasLeft) return false
    for (const log of own.present()) {
      if (log.isSealing || log.log.isDirty || state.neighbours.isDue(log.key)) return false
    }
    return true
  }

  /** Does what time brings, and signs what has changed. */
  work(): void {
    const { state, own } = this
    state.agenda.run(state.now)
    this.claims.adoptDue(state.now)
    own.seal()
  }

  /** Completes a call: who is visible, who is told, and which wants are answered. */
  settle(): void {
    const { state, home, view, visibility } = this
    visibility.settle()
    if (home.interests.hasUnanswered) this.#answerWants()
    else this.#waitsSince = undefined
    view.notify()
    state.signal.notify()
  }

  /** When `work` has something to do. */
  get dueAt(): number | undefined {
    const at = this.state.agenda.next
    const claimAt = this.claims.dueAt
    return at === undefined || claimAt === undefined ? (at ?? claimAt) : Math.min(at, claimAt)
  }

  close(): void {
    this.home.close()
    this.visibility.close()
    this.state.agenda.clear()
  }

  #answerWants(): void {
    const { state, home } = this
    if (!state.holdsAll) {
      home.answerAlone()
      return
    }
    let hasRouter = false
    let isKnown = false
    for (const router of state.neighbours.routers) {
      hasRouter = true
      isKnown ||= router.isCurrent
    }
    if (hasRouter && (!isKnown || this.#isWaiting())) return
    for (const interest of [...home.interests.unanswered]) home.interests.answered(interest)
  }

  /** Whether nodes are returning that may offer what is wanted. They are waited for, but only for a while. */
  #isWaiting(): boolean {
    const { state, returning } = this
    if (returning.size === 0) this.#waitsSince = undefined
    else this.#waitsSince ??= state.now
    return this.#waitsSince !== undefined && state.now - this.#waitsSince < GRACE_MS
  }
}
