import { after, type RegistryCrypto, type RegistrySigner } from '../crypto.js'
import type { LogKind } from '../log/log-id.js'
import { OwnLog } from '../log/own-log.js'
import type { CatalogueLimits } from '../model/limits.js'
import type { Version } from '../model/version.js'
import { OwnSharedLog } from './own-shared-log.js'
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
    const { agenda, now } = this.#parts.state
    if (own.isSealing || own.isWaiting || own.waitingBase !== null) return
    if (own.state !== undefined && !own.passedOn.hasRoom(now)) {
      own.isWaiting = true
      agenda.add(own.passedOn.roomAt(now), () => {
        own.isWaiting = false
      })
      return
    }
    const { signer, crypto, onSealed } = this.#parts
    const base = own.state
    let isLater = false
    own.isSealing = true
    void after(own.log.seal(signer, crypto), () => {
      own.isSealing = false
      onSealed(own, base, isLater)
    })
    isLater = true
  }
}
