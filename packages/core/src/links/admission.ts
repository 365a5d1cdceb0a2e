import { CloseCode, linkError, type Link, type LinkError, type RemoteNode } from '@astranet/link'
import { grantRefusal } from './grant-refusal.js'
import { rightsOf, type Grants } from './grants.js'
import { LinkPlaces } from './link-places.js'
import type { LinkRecord } from './link-record.js'
import { NoPlaceError } from './no-place-error.js'
import {
  admittedIdentity,
  type AdmittedIdentity,
  type GrantedRights,
  type RemotePlace,
} from './remote-identity.js'

/** What admission decides by. */
export interface AdmissionParts {
  /** How many links there may be that this node has admitted; see {@link LinkPlaces}. */
  readonly maxLinks: number
  readonly grants: Grants
  /**
   * Why the policy does not let the peer in; `undefined` if it does, at once where there is no policy. The promise
   * never rejects; `signal` aborts when the link has ended.
   */
  readonly linkRefusal: (
    peer: AdmittedIdentity,
    signal: AbortSignal,
  ) => Promise<string | undefined> | undefined
}

/** What the decision is, now or soon: who the peer is, or why it may not come in. */
export type Decision = AdmittedIdentity | LinkError

/** The control stream of a link is always open. */
const OWN_STREAMS = 1

const REPLACED = 'there are too many links through routers, and a node behind another one needs the place'

const MEMBER: GrantedRights = { roles: [], services: undefined }

/**
 * Which peers that have proved who they are may be neighbours. The checks, in this order: the number of links, the
 * grant, the policy, the grant's uses. The deadline is the link's.
 */
export class Admission {
  readonly #parts: AdmissionParts
  /** The links that count: admitted and not closed, or about to be. */
  readonly #places: LinkPlaces<Link>
  /** What ends the question, for the links about which the policy decides. */
  readonly #asking = new Map<Link, AbortController>()

  constructor(parts: AdmissionParts) {
    this.#parts = parts
    this.#places = new LinkPlaces(parts.maxLinks, {
      isIdle: (link) => (link.session?.openStreams ?? 0) <= OWN_STREAMS,
      onReplaced: (link) => link.close(CloseCode.BUSY, REPLACED),
    })
  }

  /** Decides about the peer of `link`: at once where there is neither a grant nor a policy. May reject. */
  decide(
    link: Link,
    remote: RemoteNode,
    { role, remoteAddress, path }: Pick<LinkRecord, 'role' | 'remoteAddress' | 'path'>,
  ): Decision | Promise<Decision> {
    const fault = this.#places.take(link, { nodeId: remote.nodeId, role, path })
    if (fault !== undefined) return new NoPlaceError(fault)
    const decision = this.#decide(link, remote, { remoteAddress, path })
    if (decision instanceof Promise) return decision.then((decided) => this.#settled(link, decided))
    return this.#settled(link, decision)
  }

  /** The link has closed. Idempotent. */
  forget(link: Link): void {
    this.#asking.get(link)?.abort(linkError(CloseCode.NO_ERROR, 'the link has ended'))
    this.#asking.delete(link)
    this.#places.release(link)
  }

  #decide(link: Link, remote: RemoteNode, place: RemotePlace): Decision | Promise<Decision> {
    if (remote.grantId !== undefined || remote.grantKeyId !== undefined)
      return this.#decideByGrant(link, remote, place)
    const identity = admittedIdentity(remote, place, MEMBER)
    return this.#askPolicy(link, identity)?.then((refusal) => refusal ?? identity) ?? identity
  }

  async #decideByGrant(link: Link, remote: RemoteNode, place: RemotePlace): Promise<Decision> {
    const { grants } = this.#parts
    const read = await grants.read(remote)
    if (read instanceof Error) return grantRefusal(read)
    const identity = admittedIdentity(remote, place, rightsOf(read))
    const refusal = await this.#askPolicy(link, identity)
    if (refusal !== undefined) return refusal
    // What is counted stays counted, so this comes last, and not for a link that has ended meanwhile.
    if (!this.#places.has(link)) return linkError(CloseCode.NO_ERROR, 'the link has ended')
    const fault = grants.use(read, remote.nodeId)
    return fault === undefined ? identity : grantRefusal(fault)
  }

  #askPolicy(link: Link, identity: AdmittedIdentity): Promise<LinkError | undefined> | undefined {
    // The link may have ended while its grant was read.
    if (!this.#places.has(link)) return undefined
    const ending = new AbortController()
    const asked = this.#parts.linkRefusal(identity, ending.signal)
    if (asked === undefined) return undefined
    this.#asking.set(link, ending)
    return asked.then((text) => (text === undefined ? undefined : refused(text)))
  }

  /** A link that is refused counts no longer, and the policy needs no signal once it has decided. */
  #settled(link: Link, decision: Decision): Decision {
    this.#asking.delete(link)
    if (decision instanceof Error) this.#places.release(link)
    return decision
  }
}

function refused(text: string): LinkError {
  return linkError(CloseCode.REFUSED, text)
}
