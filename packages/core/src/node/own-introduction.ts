import type { LinkIntroduction } from '@astranet/link'
import type { Catalogue } from '@astranet/registry'
import { featuresOf, rolesOf } from '../links/roles.js'

/** How this node introduces itself in the HELLO of each link. */
export class OwnIntroduction {
  /** Distinguishes this start of the node from other starts, and from other nodes with its id. */
  readonly #life: number = randomLife()
  readonly #catalogue: Catalogue
  readonly #addresses: () => readonly string[]
  /** The incarnation that the neighbours know. */
  #announced: number

  /** `addresses`: where others can join this node now. */
  constructor(catalogue: Catalogue, addresses: () => readonly string[]) {
    this.#catalogue = catalogue
    this.#addresses = addresses
    this.#announced = catalogue.incarnation
  }

  /** As it is now: a new link takes the incarnation and the role that the catalogue has. */
  current(): LinkIntroduction {
    const { incarnation, role, catalogue } = this.#catalogue
    const [roles, features] = [rolesOf(role), featuresOf(catalogue)]
    return { incarnation, life: this.#life, roles, listenAddresses: this.#addresses(), features }
  }

  /**
   * The catalogue's incarnation if it is not the one that the neighbours know; once. The catalogue moves to a later one
   * when a neighbour remembers a later life of this node, because the clock was set back.
   */
  takeNewIncarnation(): number | undefined {
    const { incarnation } = this.#catalogue
    if (incarnation === this.#announced) return undefined
    this.#announced = incarnation
    return incarnation
  }
}

function randomLife(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return (high & 0x1fffff) * 2 ** 32 + low
}
