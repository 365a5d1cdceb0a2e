import type { NodeId } from '@astranet/interface'
import type { RecordChange } from '../log/delta-result.js'
import { Graph } from '../graph/graph.js'
import { GraphSignal } from '../graph/graph-signal.js'
import { IncarnationClaims } from '../log/incarnation-claims.js'
import { OwnLinks } from '../log/own-links.js'
import { OwnRecords } from '../log/own-records.js'
import type { CatalogueOptions } from '../model/catalogue-options.js'
import { BoundedInterner } from '../model/interner.js'
import { resolveLimits, type CatalogueLimits } from '../model/limits.js'
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
import type { Neighbour } from './neighbour.js'
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

/**
 * The parts of one catalogue, each made with those that it works with. Where two parts need each other, the one that is
 * made first calls back through this object.
 */
export class Parts {
  readonly state: SyncState
  readonly graph: Graph
  readonly view: ServiceView = new ServiceView()
  readonly refused: RefusedOwners = new RefusedOwners()
  readonly own: OwnLogs
  readonly ownLinks: OwnLinks
  readonly ownRecords: OwnRecords
  readonly home: Home
  readonly visibility: Visibility
  readonly memory: Memory
  readonly reader: Reader
  readonly push: Push
  readonly returning: Returning
  readonly links: Links
  readonly spread: Spread
  readonly claims: IncarnationClaims
  readonly intake: Intake
  readonly outbox: Outbox
  readonly exchange: Exchange
  readonly #options: CatalogueOptions
  readonly #limits: CatalogueLimits
  readonly #onWork: () => void
  readonly #ahead: VerifyAhead
  readonly #awaited: Awaited
  readonly #leaves: Leaves
  readonly #confirmations: Confirmations

  /** `onWork` is called when a promise has brought something. Throws like `Catalogue`'s constructor. */
  constructor(options: CatalogueOptions, onWork: () => void) {
    this.#options = options
    this.#limits = resolveLimits(options)
    this.#onWork = onWork
    this.#ahead = new VerifyAhead(options.crypto)
    this.state = this.#makeState()
    this.graph = new Graph(this.state.self)
    const { state, graph } = this
    this.own = this.#makeOwn()
    this.ownLinks = new OwnLinks(this.own.links.log)
    this.#awaited = new Awaited(state, this.#limits.maxHeldBytes, (neighbour) => this.links.check(neighbour))
    this.push = new Push(state, graph, this.#awaited)
    this.home = this.#makeHome()
    this.returning = new Returning(state, graph, (owner) => this.visibility.confirmed(owner))
    this.visibility = this.#makeVisibility()
    this.#confirmations = new Confirmations(state, (owner) => this.visibility.has(owner))
    this.#leaves = this.#makeLeaves()
    this.ownRecords = this.#makeOwnRecords()
    this.memory = this.#makeMemory()
    this.reader = this.#makeReader()
    this.links = this.#makeLinks()
    this.spread = this.#makeSpread()
    this.claims = this.#makeClaims()
    this.intake = this.#makeIntake()
    this.outbox = this.#makeOutbox()
    this.exchange = this.#makeExchange()
  }

  #makeState(): SyncState {
    const { signer, role, catalogue: scope } = this.#options
    const interner = new BoundedInterner()
    const store = new LogStore({ limits: this.#limits, crypto: this.#ahead, interner })
    return new SyncState({ self: signer.nodeId, store, signal: new GraphSignal(), role, scope })
  }

  #makeOwn(): OwnLogs {
    const { signer, crypto, incarnation } = this.#options
    return new OwnLogs({
      state: this.state,
      signer,
      crypto,
      limits: this.#limits,
      incarnation,
      onSealed: (log, base, isLater) => {
        this.state.tree.put(log)
        this.spread.tell(log, base)
        if (isLater) this.#onWork()
      },
      onFailedLater: this.#onWork,
    })
  }

  #makeHome(): Home {
    const { state, view } = this
    return new Home({
      state,
      view,
      onWork: this.#onWork,
      onGivenChanged: (owner) => this.#givenChanged(owner),
    })
  }

  #makeVisibility(): Visibility {
    const { state, graph, view } = this
    return new Visibility({
      state,
      graph,
      view,
      missing: new MissingLogs(state, graph),
      returning: this.returning,
      isGiven: (owner) => this.home.isGiven(owner),
      onShown: (logs, since) => this.spread.shown(logs, since),
      onHidden: (owner) => {
        this.#leaves.hidden(owner)
        this.memory.watchHidden()
      },
    })
  }

  #makeLeaves(): Leaves {
    const { state, view, visibility, own } = this
    const { self, store } = state
    return new Leaves({
      state,
      view,
      logOf: (owner) =>
        owner === self ? own.services : visibility.has(owner) ? store.owner(owner)?.services : undefined,
      recordsOf: (owner) => this.reader.servicesLog(owner),
      owners: () => [self, ...visibility.owners()],
    })
  }

  #makeOwnRecords(): OwnRecords {
    const { view, own } = this
    const { self } = this.state
    const onServices = (changes: readonly RecordChange[]): void => {
      for (const { before, now } of changes) {
        if (now?.kind === 'service') view.set(now)
        else if (before?.kind === 'service') view.delete(before)
      }
      this.#leaves.note(self, changes)
    }
    return new OwnRecords({ self, log: own.services.log, onServices })
  }

  #makeMemory(): Memory {
    const { state, refused, view } = this
    const { maxHeldBytes, forgetAfterMs } = this.#limits
    return new Memory({
      state,
      refused,
      maxHeldBytes,
      forgetAfterMs,
      viewBytes: () => view.heldBytes,
      onForget: (owner) => this.spread.forget(owner),
      onRefused: (nodeId) => {
        const neighbour = state.neighbours.get(nodeId)
        if (neighbour !== undefined) this.links.down(neighbour)
      },
    })
  }

  #makeReader(): Reader {
    const { state, graph, own, ownLinks, home, visibility } = this
    const { mayPassOn } = this.#options
    return new Reader({ state, graph, own, ownLinks, home, visibility, mayPassOn })
  }

  #makeLinks(): Links {
    const { state, graph, home, visibility, ownLinks, ownRecords } = this
    return new Links({
      state,
      graph,
      awaited: this.#awaited,
      leaves: this.#leaves,
      home,
      visibility,
      returning: this.returning,
      confirmations: this.#confirmations,
      ownLinks,
      ownRecords,
      random: this.#options.random,
      onOfferComplete: (neighbour) => this.spread.release(neighbour),
    })
  }

  #makeSpread(): Spread {
    const { state, graph, view, push, home, visibility, memory } = this
    return new Spread({
      state,
      view,
      feed: new GraphFeed(graph),
      awaited: this.#awaited,
      push,
      leaves: this.#leaves,
      home,
      visibility,
      returning: this.returning,
      confirmations: this.#confirmations,
      memory,
      onLaterLife: (nodeId, later) => this.links.laterLife(nodeId, later),
    })
  }

  #makeClaims(): IncarnationClaims {
    const { own, state } = this
    const { signer, crypto } = this.#options
    return new IncarnationClaims({
      signer,
      crypto,
      versionOf: (kind) => own.version(kind),
      onAdopt: (later, speaker) => {
        own.adopt(later)
        state.signal.mark()
        const text = 'another life of this node, or another node with its key, is further than this node'
        state.reports.add({ kind: 'rival', owner: state.self, speaker, text })
      },
    })
  }

  #makeIntake(): Intake {
    const { state, push, claims, refused, memory, home, spread } = this
    return new Intake({
      state,
      awaited: this.#awaited,
      push,
      claims,
      refused,
      ahead: this.#ahead,
      onChanged: (change) => spread.changed(change),
      onKnown: (from, owner) => home.received(from, owner),
      onStaged: (log) => {
        state.store.count(log)
        memory.makeRoom(log.owner)
        memory.watchHidden()
      },
    })
  }

  #makeOutbox(): Outbox {
    const { state, own, home, reader } = this
    return new Outbox({
      state,
      own,
      home,
      isShown: (owner) => this.#confirmations.isShown(owner),
      mayPassOn: (to, log) => reader.mayPassOn(to, log),
    })
  }

  #makeExchange(): Exchange {
    const { state, own, push, refused, home, intake, links } = this
    const awaited = this.#awaited
    const onComplete = (neighbour: Neighbour): void => links.check(neighbour)
    return new Exchange({
      state,
      own,
      awaited,
      pull: new Pull({ state, own, awaited, push, refused, onComplete }),
      leaves: this.#leaves,
      home,
      intake,
      links,
      returning: this.returning,
      confirmations: this.#confirmations,
    })
  }

  /** What a leaf's router gave of an owner has changed: what is of no use any more is forgotten. */
  #givenChanged(owner: NodeId): void {
    this.visibility.refresh(owner)
    if (!this.home.isGiven(owner) && !this.visibility.has(owner)) this.spread.forget(owner)
  }
}
