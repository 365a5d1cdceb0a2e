import { AstraError } from '@astranet/interface'
import { checkServiceKey } from '../model/check-record.js'
import { MAX_WANTED_NAMES } from '../model/limits.js'
import type { CatalogueRecord } from '../model/record.js'
import type { Want } from '../want.js'
import { nameText } from './pending-wants.js'

/** A name, or everything, that somebody on this node wants. */
export interface Interest {
  /** `undefined`: everything. */
  readonly name: { readonly environment: string; readonly name: string } | undefined
  readonly users: Set<() => void>
  isAnswered: boolean
  /** The token of the message that asked the present router for it; `undefined`: none did. */
  token: number | undefined
}

/** What this node wants, each name once. */
export class Interests {
  readonly #byText = new Map<string, Interest>()
  readonly #unanswered = new Set<Interest>()
  #all: Interest | undefined = undefined
  readonly #onChange: (ended: Interest | undefined) => void

  /** `onChange` is called when something is wanted anew, or with what is wanted no more. */
  constructor(onChange: (ended: Interest | undefined) => void) {
    this.#onChange = onChange
  }

  get all(): Interest | undefined {
    return this.#all
  }

  get names(): Iterable<Interest> {
    return this.#byText.values()
  }

  get unanswered(): Iterable<Interest> {
    return this.#unanswered
  }

  get hasUnanswered(): boolean {
    return this.#unanswered.size > 0
  }

  /** See `Catalogue.want`. */
  want(environment: string, name: string, onAnswered: (() => void) | undefined): Want {
    const key = checkServiceKey(environment, name, 0)
    const text = nameText(key.environment, key.name)
    let interest = this.#byText.get(text)
    if (interest === undefined) {
      if (this.#byText.size >= MAX_WANTED_NAMES) throw tooManyNames()
      interest = this.#begin({ environment: key.environment, name: key.name })
      this.#byText.set(text, interest)
      this.#onChange(undefined)
    }
    return this.#join(interest, onAnswered)
  }

  /** See `Catalogue.wantAll`. */
  wantAll(onAnswered: (() => void) | undefined): Want {
    if (this.#all === undefined) {
      this.#all = this.#begin(undefined)
      this.#onChange(undefined)
    }
    return this.#join(this.#all, onAnswered)
  }

  /** What the network knows of it has arrived. */
  answered(interest: Interest): void {
    if (!this.#unanswered.delete(interest)) return
    interest.isAnswered = true
    for (const user of interest.users) user()
  }

  /** Whether any of these records is a service that is wanted. */
  isWanted(records: Iterable<CatalogueRecord>): boolean {
    if (this.#all !== undefined) return true
    if (this.#byText.size === 0) return false
    for (const record of records) {
      if (record.kind === 'service' && this.#byText.has(nameText(record.environment, record.name)))
        return true
    }
    return false
  }

  /** Whether that name is wanted. */
  has(text: string): boolean {
    return this.#byText.has(text)
  }

  #begin(name: Interest['name']): Interest {
    const interest: Interest = { name, users: new Set(), isAnswered: false, token: undefined }
    this.#unanswered.add(interest)
    return interest
  }

  #join(interest: Interest, onAnswered: (() => void) | undefined): Want {
    const user = (): void => onAnswered?.()
    interest.users.add(user)
    return {
      get isAnswered(): boolean {
        return interest.isAnswered
      },
      close: () => {
        if (interest.users.delete(user) && interest.users.size === 0) this.#end(interest)
      },
    }
  }

  #end(interest: Interest): void {
    const { name } = interest
    if (name === undefined) this.#all = undefined
    else this.#byText.delete(nameText(name.environment, name.name))
    this.#unanswered.delete(interest)
    this.#onChange(interest)
  }
}

function tooManyNames(): AstraError {
  return new AstraError('ASTRA_ERR_REGISTRY_LIMIT', `this node wants more than ${MAX_WANTED_NAMES} names`)
}
