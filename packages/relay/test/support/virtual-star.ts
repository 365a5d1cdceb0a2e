import { toNodeId, type NodeId } from '@astranet/interface'
import type { Link } from '@astranet/link'
import { Session, type Stream } from '@astranet/mux'
import { simLink, VirtualClock, type SimLinkOptions } from '@astranet/testkit/sim'
import { Outlet } from '../../src/io/outlet.js'
import { PacedCredit } from '../../src/io/paced-credit.js'
import { StreamDuplex } from '../../src/io/stream-duplex.js'
import { Tunnel } from '../../src/io/tunnel.js'
import { accountOf } from '../../src/proto/tunnel/account.js'
import { resolveTunnelLimits, tunnelShare } from '../../src/proto/tunnel/tunnel-limits.js'

const WINDOW_BYTES = 16_777_216

/** What the router knows of a node that sends. */
interface Source {
  /** The node at the other end of the link. */
  readonly neighbour: NodeId
  /** Whom the next tunnel comes from, as that node says. */
  readonly nextName: () => NodeId
  readonly credit: PacedCredit | undefined
  /** Bytes that each of its tunnels may have in the router. */
  readonly share: number
}

interface SourceOptions {
  readonly tunnels?: number
  readonly bytesPerSecond?: number
  readonly isLiar?: boolean
}

/** How the star's tunnels are used. */
interface StarOptions {
  /** Whether each tunnel carries a session with one stream, as a link does. Default: the tunnel's bytes are counted. */
  readonly hasSessions?: boolean
}

/** Nodes that send through one router to one end, on virtual time: sessions and tunnels, without links. */
export class VirtualStar {
  readonly clock: VirtualClock = new VirtualClock()
  /** Bytes that the end has received of each tunnel. */
  readonly received: number[] = []
  readonly tunnels: Tunnel[] = []
  readonly #toEnd: Session
  readonly #outlet = new Outlet()
  readonly #arrived: Stream[] = []
  readonly #hasSessions: boolean
  #sources = 0

  constructor(end: SimLinkOptions, { hasSessions = false }: StarOptions = {}) {
    this.#hasSessions = hasSessions
    const link = simLink(this.clock, end)
    this.#toEnd = this.#session(link.a, 'client')
    this.#session(link.b, 'server', (stream) => this.#take(stream))
    this.clock.advance(1_000)
  }

  /**
   * A node joins the router, and opens so many tunnels to the end, which it keeps full. `isLiar`: it says that each comes
   * from another node.
   */
  source(
    options: SimLinkOptions,
    { tunnels = 1, bytesPerSecond = Infinity, isLiar = false }: SourceOptions = {},
  ): void {
    const link = simLink(this.clock, options)
    const neighbour = toNodeId(BigInt(++this.#sources))
    let named = 1_000n * neighbour
    const nextName = (): NodeId => (isLiar ? toNodeId(++named) : neighbour)
    const credit = bytesPerSecond === Infinity ? undefined : new PacedCredit(this.clock, bytesPerSecond)
    const node = this.#session(link.a, 'client')
    const limits = resolveTunnelLimits(credit === undefined ? {} : { bytesPerSecondPerNode: bytesPerSecond })
    const share = tunnelShare(limits, { neighbours: 1, tunnels: 1 })
    this.#session(link.b, 'server', (near) => this.#forward(near, { neighbour, nextName, credit, share }))
    this.clock.advance(1_000)
    for (let count = 0; count < tunnels; count++) this.#fill(open(node))
  }

  /** What each tunnel delivers in each of `count` seconds, once the windows are open. */
  perSecond(count: number): number[][] {
    this.clock.advance(3_000)
    return Array.from({ length: count }, () => {
      const before = [...this.received]
      this.clock.advance(1_000)
      return this.received.map((bytes, index) => bytes - (before[index] ?? 0))
    })
  }

  #session(
    pipe: ConstructorParameters<typeof Session>[0],
    role: 'client' | 'server',
    onStream?: (stream: Stream) => void,
  ): Session {
    const handler = onStream === undefined ? {} : { onStream }
    return new Session(pipe, { role, clock: this.clock, random: () => 0.5, handler })
  }

  #forward(near: Stream, { neighbour, nextName, credit, share }: Source): void {
    const far = this.#toEnd.tryOpenStream()
    if (far === undefined) throw new Error('the end takes no stream')
    for (const stream of [near, far]) stream.manualCredit = true
    const [origin, end] = [nextName(), toNodeId(0n)]
    // Only the policy asks for the links, and there is none.
    const common = { credit: undefined, initialBytes: undefined, link: {} as Link }
    const tunnel = new Tunnel(
      {
        ...common,
        stream: near,
        origin,
        account: accountOf(origin, neighbour),
        credit,
        outlet: new Outlet(),
      },
      {
        ...common,
        stream: far,
        origin: end,
        account: accountOf(end, end),
        outlet: this.#outlet,
      },
      { onForwarded: () => undefined, onClose: () => undefined },
    )
    tunnel.limit(share)
    this.tunnels.push(tunnel)
    tunnel.start()
  }

  #take(stream: Stream): void {
    const index = this.#arrived.push(stream) - 1
    this.received[index] = 0
    if (this.#hasSessions) this.#session(this.#pipe(stream), 'server', (inner) => this.#count(inner, index))
    else {
      stream.carry(WINDOW_BYTES)
      this.#count(stream, index)
    }
  }

  #count(stream: Stream, index: number): void {
    stream.handle({
      onData: (_, chunk) => (this.received[index] = (this.received[index] ?? 0) + chunk.length),
      onEnd: () => undefined,
    })
  }

  /** Keeps a tunnel full, or the stream of its session. */
  #fill(tunnel: Stream): void {
    if (!this.#hasSessions) return keepFull(tunnel)
    const session = this.#session(this.#pipe(tunnel), 'client')
    // The peer's transport parameters allow streams. They wait behind what the other tunnels send.
    this.clock.advance(1_000)
    keepFull(open(session))
  }

  #pipe(stream: Stream): StreamDuplex {
    stream.pause()
    return new StreamDuplex(stream, { clock: this.clock, localAddress: 'here', remoteAddress: 'there' })
  }
}

function open(session: Session): Stream {
  const stream = session.tryOpenStream()
  if (stream === undefined) throw new Error('the peer takes no stream')
  return stream
}

/** Writes to the stream whenever it takes more. */
function keepFull(stream: Stream): void {
  const chunk = new Uint8Array(30_000)
  const write = (): void => {
    while (stream.write(chunk));
  }
  stream.handle({ onData: () => undefined, onEnd: () => undefined, onWritable: write })
  write()
}
