import type { Clock, NodeId } from '@astranet/interface'
import { checkOptions, type OptionNames } from '@astranet/interface/check'
import { RefusalReason, StreamCode, type Link } from '@astranet/link'
import type { Stream } from '@astranet/mux'
import { accountOf, type Account } from '../proto/tunnel/account.js'
import type { TunnelRefusal } from '../proto/tunnel/hop.js'
import { TunnelCounts } from '../proto/tunnel/tunnel-counts.js'
import {
  resolveTunnelLimits,
  type ResolvedTunnelLimits,
  type TunnelLimits,
} from '../proto/tunnel/tunnel-limits.js'
import { TunnelShares } from '../proto/tunnel/tunnel-shares.js'
import { ForwarderStatistics, type ForwarderInspection } from './forwarder-statistics.js'
import { chooseHop, forwardFault, type HopChoiceParts } from './hop-choice.js'
import { NodeCredits } from './node-credits.js'
import { Outlet } from './outlet.js'
import { TunnelOpening, type AcceptedTunnel } from './tunnel-opening.js'
import type { TunnelSecret } from './tunnel-secrets.js'
import type { NextHop, TunnelRequest } from './tunnel-request.js'
import { Tunnel, type TunnelEvents, type TunnelInspection, type TunnelLeg } from './tunnel.js'

/** What forwarding needs of its node. */
export interface ForwarderParts extends HopChoiceParts {
  readonly clock: Clock
  readonly limits?: TunnelLimits | undefined
  /** Default: no end gets a secret. */
  readonly secretFor?: TunnelSecret | undefined
}

const NAMES: OptionNames<ForwarderParts> = {
  self: true,
  isRouter: true,
  linkTo: true,
  isRouterAt: true,
  routersTo: true,
  isKnown: true,
  forwardRefusal: true,
  clock: true,
  limits: true,
  secretFor: true,
}

/**
 * Forwards tunnels through this node. Each is checked, then opened to the next hop, whose answer is passed back; then
 * bytes, ends and resets pass in both directions ({@link Tunnel}). It cannot read them: the two ends encrypt.
 *
 * Memory: some 3.5 KiB of the process per tunnel, beside the bytes that wait, which `TunnelLimits` bound.
 */
export class Forwarder {
  readonly #parts: ForwarderParts
  readonly #limits: ResolvedTunnelLimits
  readonly #counts: TunnelCounts
  readonly #credits: NodeCredits
  readonly #statistics = new ForwarderStatistics()
  readonly #openings = new Set<TunnelOpening>()
  readonly #tunnels = new Set<Tunnel>()
  readonly #shares: TunnelShares<Tunnel>
  readonly #outlets = new WeakMap<Link, Outlet>()
  /** One object for all tunnels, because there may be very many. */
  readonly #events: TunnelEvents = {
    onForwarded: (bytes) => this.#statistics.forwarded(bytes),
    onClose: (tunnel, isLost) => this.#ended(tunnel, isLost),
  }
  #isClosed = false

  /** Throws a TypeError or RangeError that names the part or the limit that is wrong or not known. */
  constructor(parts: ForwarderParts) {
    checkOptions('parts', parts, NAMES)
    this.#parts = parts
    this.#limits = resolveTunnelLimits(parts.limits)
    this.#counts = new TunnelCounts(this.#limits)
    this.#shares = new TunnelShares(this.#limits)
    this.#credits = new NodeCredits(parts.clock, this.#limits.bytesPerSecondPerNode)
  }

  /** Answers a tunnel that `peer` asks for on `link`, of which this node is not the end. */
  take(peer: NodeId, link: Link, request: TunnelRequest): void {
    const { header, stream } = request
    const next = this.#isClosed ? GOING_AWAY : chooseHop(this.#parts, { peer, link, header })
    if ('reason' in next) return this.refuse(link, stream, next)
    const account = accountOf(sourceOf(request), peer)
    const refusal = this.#countIn(account)
    if (refusal !== undefined) this.refuse(link, stream, refusal)
    else this.#open({ link, account, request }, next)
  }

  /** Refuses a tunnel, also one of which this node is the end, and counts that. */
  refuse(link: Link, stream: Stream, { reason, text }: TunnelRefusal): void {
    this.countRefusal(reason)
    if (!stream.isClosed) link.refuse(stream, reason, text)
  }

  countRefusal(reason: RefusalReason): void {
    this.#statistics.refused(reason)
  }

  /** What it does now, as plain data. */
  inspect(): ForwarderInspection {
    let heldBytes = 0
    for (const tunnel of this.#tunnels) heldBytes += tunnel.heldBytes
    const counts = { tunnels: this.#tunnels.size, opening: this.#openings.size, heldBytes }
    return { ...this.#statistics.inspect(), ...counts }
  }

  /** The tunnels through this node, as plain data. */
  inspectTunnels(): TunnelInspection[] {
    return [...this.#tunnels].map((tunnel) => tunnel.inspect())
  }

  /** Takes no more tunnels; those that are there end with their links. Idempotent. */
  close(): void {
    this.#isClosed = true
    for (const opening of [...this.#openings]) opening.giveUp(GOING_AWAY)
  }

  /**
   * Ends the tunnels that may not be forwarded any more, and refuses those that are about to open: call it when
   * `forwardRefusal` answers otherwise than before. Both ends of a tunnel are told that it was cancelled.
   */
  endForbidden(): void {
    for (const tunnel of [...this.#tunnels])
      if (forwardFault(this.#parts, tunnel.path) !== undefined) tunnel.end(StreamCode.CANCELLED)
    for (const opening of [...this.#openings]) {
      const text = forwardFault(this.#parts, opening.path)
      if (text !== undefined) opening.giveUp({ reason: RefusalReason.FORBIDDEN, text })
    }
  }

  #countIn(account: Account): TunnelRefusal | undefined {
    const refusal = this.#counts.take(account)
    if (refusal !== undefined) return refusal
    const tooFast = this.#credits.charge(account)
    if (tooFast !== undefined) this.#counts.release(account)
    return tooFast
  }

  #open(asked: Asked, next: NextHop): void {
    const { link, account, request } = asked
    const { clock, secretFor } = this.#parts
    // What arrives meanwhile counts as unread until it is forwarded.
    request.stream.manualCredit = true
    const opening = new TunnelOpening({
      ...{ clock, link, request, next, secretFor, timeoutMs: this.#limits.answerTimeoutMs },
      onAccepted: (accepted) => {
        this.#openings.delete(opening)
        try {
          link.accept(request.stream, accepted.answer)
        } catch (error) {
          this.#counts.release(account)
          throw error
        }
        this.#join(asked, next, accepted)
      },
      onFailed: (refusal) => {
        this.#openings.delete(opening)
        this.#counts.release(account)
        if (refusal !== undefined) this.refuse(link, request.stream, refusal)
      },
    })
    this.#openings.add(opening)
  }

  #join({ link, account, request }: Asked, next: NextHop, far: AcceptedTunnel): void {
    const { path, position } = next.header
    const end = path.at(-1) as NodeId
    const endAccount = accountOf(end, path[position] as NodeId)
    const { stream, initialBytes } = request
    const tunnel = new Tunnel(
      { ...this.#leg(link, account), origin: sourceOf(request), stream, initialBytes },
      {
        ...this.#leg(next.link, endAccount),
        ...{ origin: end, stream: far.stream, initialBytes: far.initialBytes },
      },
      this.#events,
    )
    this.#tunnels.add(tunnel)
    this.#statistics.opened()
    this.#shares.add(account.neighbour, tunnel)
    tunnel.start()
  }

  #ended(tunnel: Tunnel, isLost: boolean): void {
    this.#tunnels.delete(tunnel)
    const [source, end] = tunnel.accounts
    this.#shares.delete(source.neighbour, tunnel)
    this.#counts.release(source)
    this.#credits.leave(source)
    this.#credits.leave(end)
    this.#statistics.ended(isLost)
  }

  #leg(link: Link, account: Account): Pick<TunnelLeg, 'link' | 'outlet' | 'account' | 'credit'> {
    const outlet = this.#outlets.get(link) ?? new Outlet()
    this.#outlets.set(link, outlet)
    return { link, outlet, account, credit: this.#credits.join(account) }
  }
}

/** What a neighbour asks for, and for whom it counts. */
interface Asked {
  readonly link: Link
  readonly account: Account
  readonly request: TunnelRequest
}

const GOING_AWAY: TunnelRefusal = { reason: RefusalReason.GOING_AWAY, text: 'this router is going away' }

function sourceOf({ header }: TunnelRequest): NodeId {
  return header.path[0] as NodeId
}
