import { rng } from '@astranet/testkit/sim'
import { attackAsMember } from './member-attack.js'
import { attackInTheMiddle } from './middle-attack.js'
import { attackStream } from './stream-attack.js'
import { makeWorlds, type Sabotage, type World } from './worlds.js'

/** An input that showed a fault. Its seed makes the same input again. */
export interface Finding {
  readonly seed: number
  readonly error: Error
}

/** Feeds mutated handshakes and records to real sides. Every input has a seed of its own. */
export class Fuzzer {
  readonly findings: Finding[] = []
  /** How many attacks of each kind went how. */
  readonly outcomes = new Map<string, number>()
  runs = 0
  readonly #worlds: readonly World[]
  readonly #sabotage: Sabotage | undefined

  private constructor(worlds: readonly World[], sabotage: Sabotage | undefined) {
    this.#worlds = worlds
    this.#sabotage = sabotage
  }

  /** `sabotage` changes the cryptography of the sides under attack. */
  static async make(sabotage?: Sabotage): Promise<Fuzzer> {
    return new Fuzzer(await makeWorlds(sabotage), sabotage)
  }

  /** Makes the input of `seed`, and tries it. */
  async try(seed: number): Promise<void> {
    this.runs += 1
    try {
      const outcome = await this.#attack(seed)
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
    } catch (error) {
      this.findings.push({ seed, error: error as Error })
    }
  }

  async #attack(seed: number): Promise<string> {
    const random = rng(seed)
    const kind = random.float()
    if (kind < 0.55) return `stream: ${await attackStream(random, this.#worlds)}`
    if (kind < 0.75) return `member: ${await attackAsMember(random, this.#sabotage)}`
    return `middle: ${await attackInTheMiddle(random, this.#sabotage)}`
  }
}
