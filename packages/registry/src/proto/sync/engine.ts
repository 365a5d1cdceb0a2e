import type { NodeId } from '@astranet/interface'
import { Graph } from '../graph/graph.js'
import { GraphSignal } from '../graph/graph-signal.js'
import { IncarnationClaims } from '../log/incarnation-claims.js'
import { OwnLinks } from '../log/own-links.js'
import { OwnRecords } from '../log/own-records.js'
import type { CatalogueOptions, CatalogueRoleOptions } from '../model/catalogue-options.js'
import { BoundedInterner } from '../model/interner.js'
import { resolveLimits } from '../model/limits.js'
import { ServiceView } from '../view/service-view.js'
import { Awaited } from './awaited.js'
import { Confirmations } from './confirmations.js'
import { Exchange } from './exchange.js'
import { GraphFeed } from './graph-feed.js'
import { Home } from './home.js'
import { Intake } from './intake.js'
import { Leaves } from './leaves.js'
import { Links } from './links.js'
import { LogStore } from './log-store.js'
import { Memory } from './memory.js'
import { MissingLogs } from './missing-logs.js'
import { Outbox } from './outbox.js'
import { OwnLogs } from './own-logs.js'
import { Pull } from './pull.js'
import { Push } from './push.js'
import { Reader } from './reader.js'
import { RefusedOwners } from './refused-owners.js'
import { Returning } from './returning.js'
import { Spread } from './spread.js'
import { SyncState } from './sync-state.js'
import { VerifyAhead } from './verify-ahead.js'
import { Visibility } from './visibility.js'

/** The parts of one catalogue, and how they are joined. */
export class Engine {
  readonly state: SyncState
  readonly view: ServiceView = new ServiceView()
  readonly graph: Graph
  readonly own: OwnLogs
  readonly ownRecords: OwnRecords
  readonly ownLinks: OwnLinks
  readonly home: Home
  readonly links: Links
  readonly exchange: Exchange
  readonly outbox: Outbox
  readonly memory: Memory
  readonly visibility: Visibility
  readonly refused: RefusedOwners = new RefusedOwners()
  readonly intake: Intake
  readonly reader: Reader
  readonly #claims: IncarnationClaims
  readonly #push: Push

  /** `onWork` is called when a promise has brought something. Throws like `Catalogue`'s constructor. */
  constructor(options: CatalogueOptions, onWork: () => void) {
    const { signer, crypto, role, catalogue: scope, incarnation, random } = options
    const self = signer.nodeId
    const limits = resolveLimits(options)
    const ahead = new VerifyAhead(crypto)
    const store = new LogStore({ limits, crypto: ahead, interner: new BoundedInterner() })
    const state = new SyncState({ self, store, signal: new GraphSignal(), role, scope })
    const graph = new Graph(self)
    const { view, refused } = this
    this.state = state
    this.graph = graph
    const own = new OwnLogs({
      state,
      signer,
      crypto,
      limits,
      incarnation,
      onSealed: (log, base, isLater) => {
        state.tree.put(log)
        spread.tell(log, base)
        if (isLater) onWork()
      },
      onFailedLater: onWork,
    })
    this.own = own
    const awaited = new Awaited(state, limits.maxHeldBytes, (neighbour) => links.check(neighbour))
    const push = new Push(state, graph, awaited)
    this.#push = push
    const feed = new GraphFeed(graph)
    const missing = new MissingLogs(state, graph)
    const home: Home = new Home({
      state,
      view,
      onWork,
      onGivenChanged: (owner) => this.#givenChanged(owner, spread),
    })
    const returning = new Returning(state, graph, (owner) => visibility.confirmed(owner))
    const visibility: Visibility = new Visibility({
      state,
      graph,
      view,
      missing,
      returning,
      isGiven: (owner) => home.isGiven(owner),
      onShown: (logs, since) => spread.shown(logs, since),
      onHidden: (owner) => {
        leaves.hidden(owner)
        memory.watchHidden()
      },
    })
    const confirmations = new Confirmations(state, (owner) => visibility.has(owner))
    const leaves = new Leaves({
      state,
      view,
      logOf: (owner) =>
        owner === self ? own.services : visibility.has(owner) ? store.owner(owner)?.services : undefined,
      recordsOf: (owner) => this.reader.servicesLog(owner),
      owners: () => [self, ...visibility.owners()],
    })
    this.ownLinks = new OwnLinks(own.links.log)
    this.ownRecords = new OwnRecords({
      self,
      log: own.services.log,
      onServices: (changes) => {
        for (const { before, now } of changes) {
          if (now?.kind === 'service') view.set(now)
          else if (before?.kind === 'service') view.delete(before)
        }
        leaves.note(self, changes)
      },
    })
    const memory: Memory = new Memory({
      state,
      refused,
      maxHeldBytes: limits.maxHeldBytes,
      forgetAfterMs: limits.forgetAfterMs,
      viewBytes: () => view.heldBytes,
      onForget: (owner) => spread.forget(owner),
      onRefused: (nodeId) => {
        const neighbour = state.neighbours.get(nodeId)
        if (neighbour !== undefined) links.down(neighbour)
      },
    })
    const { ownLinks, ownRecords } = this
    const { mayPassOn } = options
    this.reader = new Reader({ state, graph, own, ownLinks, home, visibility, mayPassOn })
    const links: Links = new Links({
      state,
      graph,
      awaited,
      leaves,
      home,
      visibility,
      returning,
      confirmations,
      ownLinks,
      ownRecords,
      random,
      onOfferComplete: (neighbour) => spread.release(neighbour),
    })
    const spread: Spread = new Spread({
      state,
      view,
      feed,
      awaited,
      push,
      leaves,
      home,
      visibility,
      returning,
      confirmations,
      memory,
      onLaterLife: (nodeId, later) => links.laterLife(nodeId, later),
    })
    this.#claims = new IncarnationClaims({
      signer,
      crypto,
      versionOf: (kind) => own.version(kind),
      onAdopt: (later, speaker) => {
        own.adopt(later)
        state.signal.mark()
        const text = 'another life of this node, or another node with its key, is further than this node'
        state.reports.add({ kind: 'rival', owner: self, speaker, text })
      },
    })
    this.intake = new Intake({
      state,
      awaited,
      push,
      claims: this.#claims,
      refused,
      ahead,
      onChanged: (change) => spread.changed(change),
      onKnown: (from, owner) => home.received(from, owner),
      onStaged: (log) => {
        store.count(log)
        memory.makeRoom(log.owner)
        memory.watchHidden()
      },
    })
    const pull = new Pull({
      state,
      own,
      awaited,
      push,
      refused,
      onComplete: (neighbour) => links.check(neighbour),
    })
    this.outbox = new Outbox({ state, own, home, mayPassOn: (to, log) => this.reader.mayPassOn(to, log) })
    this.exchange = new Exchange({
      state,
      own,
      awaited,
      pull,
      leaves,
      home,
      intake: this.intake,
      links,
      returning,
      confirmations,
    })
    this.home = home
    this.links = links
    this.memory = memory
    this.visibility = visibility
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
    this.#claims.adoptDue(state.now)
    own.seal()
  }

  /** Completes a call: who is visible, who is told, and which wants are answered. */
  settle(): void {
    const { state, home, view, visibility } = this
    visibility.settle()
    this.#push.settle()
    if (home.interests.hasUnanswered) this.#answerWants()
    view.notify()
    state.signal.notify()
  }

  /** When `work` has something to do. */
  get dueAt(): number | undefined {
    const at = this.state.agenda.next
    const claimAt = this.#claims.dueAt
    return at === undefined || claimAt === undefined ? (at ?? claimAt) : Math.min(at, claimAt)
  }

  close(): void {
    this.home.close()
    this.visibility.close()
    this.state.agenda.clear()
  }

  /** What a leaf's router gave of an owner has changed: what is of no use any more is forgotten. */
  #givenChanged(owner: NodeId, spread: Spread): void {
    this.visibility.refresh(owner)
    if (!this.home.isGiven(owner) && !this.visibility.has(owner)) spread.forget(owner)
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
    if (hasRouter && !isKnown) return
    for (const interest of [...home.interests.unanswered]) home.interests.answered(interest)
  }
}
