import type { MaybePromise, RegistryCrypto, RegistrySigner } from '../crypto.js'
import type { LogKind } from '../log/log-id.js'
import { OwnLog } from '../log/own-log.js'
import type { SignedState } from '../log/signed-state.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { Version } from '../model/version.js'
import { OwnSharedLog } from './own-shared-log.js'
import { SEAL_RETRY_MS } from './sync-limits.js'
import type { SyncState } from './sync-state.js'

/** What {@link OwnLogs} work with. */
export interface OwnLogsParts {
  readonly state: SyncState
  readonly signer: RegistrySigner
  readonly crypto: RegistryCrypto
  readonly limits: CatalogueLimits
  readonly incarnation: number
  /** A log was sealed: it followed `base`. `isLater`: a promise has brought it. */
  readonly onSealed: (log: OwnSharedLog, base: Version | undefined, isLater: boolean) => void
  /** A promise of the platform has failed: there is something in the agenda. */
  readonly onFailedLater: () => void
}

/** The logs of this node, and when their changes are signed: as soon as somebody looks, but not too often. */
export class OwnLogs {
  readonly services: OwnSharedLog
  readonly links: OwnSharedLog
  readonly #parts: OwnLogsParts

  constructor(parts: OwnLogsParts) {
    const { signer, incarnation, limits } = parts
    this.#parts = parts
    const own = (kind: LogKind): OwnSharedLog =>
      new OwnSharedLog(signer.nodeId, signer.publicKey, new OwnLog(kind, incarnation, limits))
    this.services = own('services')
    this.links = own('links')
  }

  /** The logs that this node has: only routers publish links. */
  *present(): Iterable<OwnSharedLog> {
    yield this.services
    if (this.#parts.state.isRouter) yield this.links
  }

  get(kind: LogKind): OwnSharedLog {
    return kind === 'services' ? this.services : this.links
  }

  /** The version of a log; before it was sealed, the one that it begins after. */
  version(kind: LogKind): Version {
    const { log } = this.get(kind)
    const { state, incarnation } = log
    return state !== undefined && state.incarnation === incarnation
      ? state
      : { incarnation, sequence: 0, check: 0 }
  }

  /** Continues in a later incarnation. */
  adopt(incarnation: number): void {
    this.services.log.adoptIncarnation(incarnation)
    this.links.log.adoptIncarnation(incarnation)
  }

  /** Signs what has changed. */
  seal(): void {
    for (const own of this.present()) if (own.log.isDirty) this.#seal(own)
  }

  #seal(own: OwnSharedLog): void {
    const { now } = this.#parts.state
    if (own.isSealing || own.isWaiting || own.waitingBase !== null) return
    if (own.state !== undefined && !own.passedOn.hasRoom(now)) {
      this.#waitUntil(own, own.passedOn.roomAt(now))
      return
    }
    const { signer, crypto, onFailedLater } = this.#parts
    const base = own.state
    let sealed: MaybePromise<SignedState>
    try {
      sealed = own.log.seal(signer, crypto)
    } catch (error) {
      this.#failed(own, error)
      return
    }
    if (!(sealed instanceof Promise)) {
      this.#sealed(own, base, false)
      return
    }
    own.isSealing = true
    void sealed.then(
      () => this.#sealed(own, base, true),
      (error: unknown) => {
        this.#failed(own, error)
        onFailedLater()
      },
    )
  }

  #sealed(own: OwnSharedLog, base: Version | undefined, isLater: boolean): void {
    own.isSealing = false
    own.hasFailed = false
    this.#parts.onSealed(own, base, isLater)
  }

  /** The platform did not hash or sign. Nothing has changed: it is tried again, and reported once. */
  #failed(own: OwnSharedLog, error: unknown): void {
    const { now, self, reports } = this.#parts.state
    own.isSealing = false
    this.#waitUntil(own, now + SEAL_RETRY_MS)
    if (own.hasFailed) return
    own.hasFailed = true
    const why = error instanceof Error ? error.message : String(error)
    const text = `changes of the ${own.kind} of this node cannot be signed, and others do not hear of them: ${why}`
    reports.add({ kind: 'unsigned', owner: self, speaker: undefined, text })
  }

  #waitUntil(own: OwnSharedLog, at: number): void {
    own.isWaiting = true
    this.#parts.state.agenda.add(at, () => {
      own.isWaiting = false
    })
  }
}
