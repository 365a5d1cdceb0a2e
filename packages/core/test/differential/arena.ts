import { compare, type Comparison } from './compare.js'
import type { Plan } from './operation.js'
import { play, type Outcome } from './play.js'
import { Silence } from './settle.js'
import { astraNetMaker, netMaker, type Maker } from './sockets.js'
import { variants } from './variants.js'

/** How often `net` plays a plan on which AstraNet differs: the kernel may be late. */
const NET_TRIES = 2

/** A plan, what came of it on both, and what differs. */
export interface Verdict extends Comparison {
  readonly plan: Plan
  readonly net: Outcome
  readonly astraNet: Outcome
  /** Whether `net` itself does now this, now that. Then only the promises count. */
  readonly isChance: boolean
}

/** Plays plans on `net` and on AstraNet, and compares. */
export class Arena implements AsyncDisposable {
  readonly #silence: Silence
  readonly #net: Maker
  readonly #makeSubject: () => Promise<Maker>
  #subject: Maker

  private constructor(silence: Silence, net: Maker, subject: Maker, makeSubject: () => Promise<Maker>) {
    this.#silence = silence
    this.#net = net
    this.#subject = subject
    this.#makeSubject = makeSubject
  }

  /** What is compared with `net`: AstraNet, unless it is the comparison that is tested. */
  static async open(makeSubject: () => Promise<Maker> = astraNetMaker): Promise<Arena> {
    return new Arena(await Silence.open(), await netMaker(), await makeSubject(), makeSubject)
  }

  async judge(plan: Plan): Promise<Verdict> {
    const astraNet = await play(plan, this.#subject, this.#silence)
    const verdicts: Verdict[] = []
    for (const variant of variants(plan)) {
      for (let tries = 0; tries < NET_TRIES; tries++) {
        const net = await play(variant, this.#net, this.#silence)
        const verdict = { plan, net, astraNet, ...compare(plan, net, astraNet), isChance: false }
        if (verdict.differences.length === 0) return verdict
        verdicts.push(verdict)
      }
    }
    const [first] = verdicts as [Verdict]
    const isChance = verdicts.some(({ net }) => compare(plan, first.net, net).differences.length > 0)
    if (!isChance) return first
    return { ...first, differences: first.differences.filter(({ what }) => what === 'promises'), isChance }
  }

  /** New nodes, in case that the old ones have been damaged. */
  async renew(): Promise<void> {
    await this.#subject[Symbol.asyncDispose]()
    this.#subject = await this.#makeSubject()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subject[Symbol.asyncDispose]()
    await this.#net[Symbol.asyncDispose]()
    this.#silence[Symbol.dispose]()
  }
}
