import { AstraError, formatNodeId } from '@astranet/interface'
import type { MaybePromise } from '../crypto.js'
import { REQUESTS_AT_ONCE } from '../model/limits.js'
import { isNewer } from '../model/version.js'
import { decodeMessage } from '../wire/decode.js'
import type { AskedLog, LogVersion, Message } from '../wire/message.js'
import type { Awaited } from './awaited.js'
import type { Confirmations } from './confirmations.js'
import type { Home } from './home.js'
import type { Intake } from './intake.js'
import type { Leaves } from './leaves.js'
import type { Links } from './links.js'
import type { Neighbour } from './neighbour.js'
import type { OwnLogs } from './own-logs.js'
import type { Pull } from './pull.js'
import type { Returning } from './returning.js'
import type { SharedLog } from './shared-log.js'
import { MAX_GONE } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/** What an {@link Exchange} hands messages to. */
export interface ExchangeParts {
  readonly state: SyncState
  readonly own: OwnLogs
  readonly awaited: Awaited
  readonly pull: Pull
  readonly leaves: Leaves
  readonly home: Home
  readonly intake: Intake
  readonly links: Links
  readonly returning: Returning
  readonly confirmations: Confirmations
}

/** Messages that make this node work or answer, so that they are rationed. */
const REQUESTS: ReadonlySet<Message['type']> = new Set([
  'greeting',
  'buckets',
  'ask',
  'announce',
  'wants',
  'root',
  'restart',
] as const)

/** Takes what neighbours send. */
export class Exchange {
  readonly #parts: ExchangeParts

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  /** Takes any value that a neighbour sent. Errors as `Catalogue.receive` describes; it never throws for them. */
  receive(from: Neighbour, value: unknown): MaybePromise<AstraError | undefined> {
    const { state } = this.#parts
    state.receivedMessages++
    from.heardAt = state.now
    const message = decodeMessage(value)
    if (message instanceof AstraError) return message
    if (REQUESTS.has(message.type) && !from.requests.tryUse(1 / REQUESTS_AT_ONCE, state.now))
      return tooManyRequests(from)
    return this.#take(from, message)
  }

  #take(from: Neighbour, message: Message): MaybePromise<AstraError | undefined> {
    const { state, pull, leaves, home, intake, links, confirmations } = this.#parts
    switch (message.type) {
      case 'greeting':
        pull.greeted(from, message)
        return undefined
      case 'buckets':
        pull.asked(from, message)
        return undefined
      case 'versions':
        pull.answered(from, message)
        return undefined
      case 'deltas':
        return intake.receive(from, message.deltas)
      case 'ask':
        this.#asked(from, message.items)
        return undefined
      case 'announce':
        pull.offered(from, message.items, 'announced')
        return undefined
      case 'gone':
        this.#gone(from, message.owners)
        return undefined
      case 'wants':
        return state.isRouter && !from.holdsAll ? leaves.wants(from, message) : undefined
      case 'settled':
        home.settled(from, message.token)
        return undefined
      case 'root':
        pull.rootReceived(from, message.root)
        return undefined
      case 'restart':
        links.restart(from)
        return undefined
      case 'confirm':
        confirmations.asked(from, message.owners)
        return undefined
      case 'confirmed':
        this.#confirmed(from, message.items)
        return undefined
    }
  }

  /** A neighbour wants logs. */
  #asked(from: Neighbour, items: readonly AskedLog[]): void {
    const { state } = this.#parts
    for (const item of items) {
      const log = this.#log(from, item)
      if (log?.version === undefined) {
        if (from.gone.size < MAX_GONE) from.gone.add(item.owner)
      } else if (item.owner === from.id) from.evidence.add(log)
      else if (item.held === undefined || isNewer(log.version, item.held)) from.dirty.ask(log, item.held)
    }
    state.neighbours.wake(from)
  }

  /** What a neighbour may be sent of what it asks for. */
  #log(from: Neighbour, { owner, kind }: AskedLog): SharedLog | undefined {
    const { state, own } = this.#parts
    if (owner === state.self) return own.get(kind)
    return state.isRouter || from.isRouter || owner === from.id ? state.store.get({ owner, kind }) : undefined
  }

  /** What a neighbour has confirmed is awaited, if it is newer than what is held. */
  #confirmed(from: Neighbour, items: readonly LogVersion[]): void {
    const { pull, returning } = this.#parts
    const asked = items.filter(({ owner, kind }) => kind === 'services' && returning.isAskedOf(from, owner))
    pull.offered(from, asked, 'announced')
    for (const { owner, version } of asked) returning.confirmed(from, owner, version)
  }

  #gone(from: Neighbour, owners: readonly AskedLog['owner'][]): void {
    const { state, awaited, home } = this.#parts
    if (!state.holdsAll) home.gone(from, owners)
    for (const owner of owners) awaited.gone(from, owner)
  }
}

function tooManyRequests({ id }: Neighbour): AstraError {
  const message = `node ${formatNodeId(id)} asks again and again for what it was sent`
  return new AstraError('ASTRA_ERR_REGISTRY_ABUSE', message)
}
