import { toNodeId, type NodeId } from '@astranet/interface'
import {
  CloseCode,
  DialError,
  linkError,
  type DialHandler,
  type Link,
  type OutgoingDial,
} from '@astranet/link'
import { SessionError, type Stream } from '@astranet/mux'
import { VirtualClock } from '@astranet/testkit/sim'
import { describe, expect, test } from 'vitest'
import { FAILED_ROUTER_MS, FailedRouters, MAX_FAILED_ROUTERS } from '../src/links/ways/failed-routers.js'
import type { TunnelPath } from '../src/links/ways/tunnel-attempt.js'
import { raceTunnels } from '../src/links/ways/tunnel-race.js'
import { turn } from './support.js'

const idOf = (index: number): NodeId => toNodeId(BigInt(10 + index))

/** One router of a race, and what the test lets it do. */
class Router {
  isAsked = false
  isCancelled = false
  /** What the race has done to the link in the tunnel. */
  isCut = false
  #handler: DialHandler | undefined
  #open: () => void = () => undefined
  #refuse: (error: Error) => void = () => undefined
  readonly #made: { remote?: object; destroy(): void } = { destroy: () => void (this.isCut = true) }

  /** The link to it. */
  readonly link = {
    dial: (_: unknown, handler: DialHandler) => {
      this.isAsked = true
      this.#handler = handler
      return { cancel: () => void (this.isCancelled = true) }
    },
  } as unknown as Link

  answer(): void {
    this.#handler?.onAccepted({} as OutgoingDial, {} as Stream, undefined)
  }

  fail(error: DialError): void {
    this.#handler?.onFailed({} as OutgoingDial, error)
  }

  linkIn(onMade: (link: Link) => void): Promise<unknown> {
    onMade(this.#made as unknown as Link)
    return new Promise<void>((resolve, reject) => {
      this.#open = resolve
      this.#refuse = reject
    })
  }

  /** The destination has proved who it is, and may use the link. */
  prove(): void {
    this.#made.remote = {}
  }

  async open(): Promise<void> {
    this.#open()
    await turn()
  }

  async refuse(error: Error): Promise<void> {
    this.#refuse(error)
    await turn()
  }
}

/** A race over as many routers, that has begun. */
function race(count: number): {
  readonly clock: VirtualClock
  readonly routers: FailedRouters
  readonly at: readonly Router[]
  readonly ending: AbortController
  readonly result: Promise<'open' | Error>
  /** The places of the routers, as a later race would try them. */
  order(): number[]
} {
  const clock = new VirtualClock()
  const routers = new FailedRouters(clock)
  const at = Array.from({ length: count }, () => new Router())
  const paths = at.map(
    ({ link }, index) => ({ link, via: [idOf(index)], nodes: [] }) as unknown as TunnelPath,
  )
  const ending = new AbortController()
  const racing = raceTunnels(paths, {
    ...{ clock, routers, signal: ending.signal },
    linkIn: ({ path }, onMade) => (at[paths.indexOf(path)] as Router).linkIn(onMade),
  })
  const result = racing.then(
    () => 'open' as const,
    (error: Error) => error,
  )
  const order = (): number[] => routers.sorted(paths).map((path) => paths.indexOf(path))
  return { clock, routers, at, ending, result, order }
}

function asked(at: readonly Router[]): boolean[] {
  return at.map(({ isAsked }) => isAsked)
}

const broken = linkError(CloseCode.NO_ERROR, 'the peer ended the connection')

describe('a race of tunnels', () => {
  test('tries the next path when one has not answered for 400 ms, or has answered and is no link after 1 s', () => {
    const { clock, at } = race(3)
    expect(asked(at)).toEqual([true, false, false])
    clock.advance(399)
    expect(asked(at)).toEqual([true, false, false])
    clock.advance(1)
    expect(asked(at)).toEqual([true, true, false])
    at[1]?.answer()
    clock.advance(999)
    expect(asked(at)).toEqual([true, true, false])
    clock.advance(1)
    expect(asked(at)).toEqual([true, true, true])
  })

  test('is won by the first link that is open, and puts slower paths that began before it behind', async () => {
    const { clock, at, result, order } = race(3)
    const [first, second, third] = at as [Router, Router, Router]
    first.answer()
    clock.advance(1_000)
    second.answer()
    clock.advance(1_000)
    await second.open()
    expect(await result).toBe('open')
    expect(first).toMatchObject({ isCut: true })
    expect(third).toMatchObject({ isCancelled: true })
    // The third one had no time to show anything.
    expect(order()).toEqual([1, 2, 0])
  })

  test('cuts no link that the destination may use already', async () => {
    const { clock, at, result } = race(2)
    const [first, second] = at as [Router, Router]
    first.answer()
    clock.advance(1_000)
    second.answer()
    first.prove()
    await second.open()
    expect(await result).toBe('open')
    expect(first.isCut).toBe(false)
    await first.open()
  })

  test('tries the next path at once when a tunnel is refused or its handshake fails', async () => {
    const { at, result, order } = race(3)
    const [first, second, third] = at as [Router, Router, Router]
    first.fail(new DialError('EHOSTUNREACH', 'no such node'))
    expect(asked(at)).toEqual([true, true, false])
    second.answer()
    await second.refuse(broken)
    expect(asked(at)).toEqual([true, true, true])
    third.answer()
    await third.open()
    expect(await result).toBe('open')
    // A refusal costs no time, so that the router may stay where it is.
    expect(order()).toEqual([0, 2, 1])
  })

  test('ends when the destination itself does not admit this node, and no router is to blame', async () => {
    const { at, result, order } = race(2)
    const [first, second] = at as [Router, Router]
    first.answer()
    const refused = linkError(CloseCode.REFUSED, 'not admitted')
    await first.refuse(refused)
    expect(await result).toBe(refused)
    expect(second.isAsked).toBe(false)
    expect(order()).toEqual([0, 1])
  })

  test('goes on when the destination has no place for this link, and the router is to blame only if it says so', async () => {
    const { at, result, order } = race(2)
    const [first, second] = at as [Router, Router]
    first.answer()
    const full = linkError(CloseCode.BUSY, 'no place', { cause: new SessionError('CLOSED', 'no place') })
    await first.refuse(full)
    expect(second.isAsked).toBe(true)
    second.answer()
    // In the clear, where anybody on the path can write it.
    await second.refuse(linkError(CloseCode.BUSY, 'the peer refused the handshake'))
    expect(await result).toBe(full)
    expect(order()).toEqual([0, 1])
  })

  test('fails when no path is left: after 9 s without an answer, or with the last error', async () => {
    const { clock, at, result, order } = race(2)
    const [first, second] = at as [Router, Router]
    clock.advance(400)
    second.answer()
    await second.refuse(broken)
    clock.advance(8_599)
    await turn()
    expect(first.isCancelled).toBe(false)
    clock.advance(1)
    expect(await result).toMatchObject({ code: 'ETIMEDOUT' })
    expect(first.isCancelled).toBe(true)
    // The one that failed last comes last.
    expect(order()).toEqual([1, 0])
  })

  test('gives everything up when the node is closed', async () => {
    const { clock, at, ending, result, order } = race(3)
    const [first, second, third] = at as [Router, Router, Router]
    first.answer()
    clock.advance(1_000)
    const reason = new Error('closed')
    ending.abort(reason)
    expect(await result).toBe(reason)
    expect([first.isCut, second.isCancelled]).toEqual([true, true])
    clock.advance(60_000)
    expect(third.isAsked).toBe(false)
    expect(order()).toEqual([0, 1, 2])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a router that has failed', () => {
  const paths = [0, 1, 2].map((index) => ({ via: [idOf(index)] }))

  test('comes behind the others for five minutes, or until a link is open that was begun later', () => {
    const clock = new VirtualClock()
    const routers = new FailedRouters(clock)
    const order = (): (NodeId | undefined)[] => routers.sorted(paths).map(({ via }) => via[0])
    routers.add(idOf(0))
    routers.add(idOf(1))
    expect(order()).toEqual([2, 0, 1].map(idOf))
    routers.add(idOf(0))
    expect(order()).toEqual([2, 1, 0].map(idOf))
    clock.advance(1)
    routers.delete(idOf(0), clock.now() - 2)
    routers.delete(idOf(1), clock.now() - 1)
    expect(order()).toEqual([1, 2, 0].map(idOf))
    clock.advance(FAILED_ROUTER_MS - 2)
    expect(order()).toEqual([1, 2, 0].map(idOf))
    clock.advance(1)
    expect(order()).toEqual([0, 1, 2].map(idOf))
  })

  test('is forgotten when too many others have failed since', () => {
    const routers = new FailedRouters(new VirtualClock())
    const isFirst = (): boolean => routers.sorted(paths)[0]?.via[0] === idOf(0)
    for (let index = 0; index < MAX_FAILED_ROUTERS; index++)
      routers.add(idOf(index === 0 ? 0 : 1_000 + index))
    expect(isFirst()).toBe(false)
    routers.add(idOf(2_000))
    expect(isFirst()).toBe(true)
  })
})
