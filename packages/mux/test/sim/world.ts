import type { Clock } from '@astranet/interface'
import { rng, simLink, VirtualClock, type Rng, type SimLink } from '@astranet/testkit/sim'
import { MemoryBudget } from '../../src/proto/receive/memory-budget.js'
import { act } from './actions.js'
import { CheckedEnd } from './checked-end.js'
import { checkAtRest } from './invariants.js'
import { Ledger } from './ledger.js'
import type { Plan } from './plan.js'
import { HandlerFault } from './probe.js'
import { must } from './sim-failure.js'
import { Side, type DatagramFlow, type SideParts } from './side.js'
import type { SimOptions } from './simulate.js'

/** Everything must have ended by so much virtual time after the ending began, ms. */
const PATIENCE_MS = 1_800_000

/** No run takes nearly so many steps. */
const MAX_STEPS = 2_000_000

/** Two sessions over one link. */
interface Pair {
  readonly link: SimLink
  readonly ends: readonly CheckedEnd[]
  readonly client: Side
  readonly server: Side
}

/** One run of the simulation: its clock, its sessions, and the ways in which it ends. */
export class World {
  readonly plan: Plan
  readonly clock = new VirtualClock()
  readonly pairs: Pair[] = []
  readonly sides: Side[] = []
  readonly budgets = new Set<MemoryBudget>()
  steps = 0
  readonly #driverClock: Clock = {
    now: () => this.clock.now(),
    setTimer: (delayMs, callback, options) => this.clock.setTimer(delayMs, callback, options),
    defer: (callback) => this.clock.defer(() => this.#tolerate(callback)),
  }
  readonly #options: SimOptions
  readonly #random: Rng
  /** How long the link was silent at a stretch, ms. */
  #silenceMs = 0

  constructor(plan: Plan, options: SimOptions) {
    this.plan = plan
    this.#options = options
    this.#random = rng(plan.seed ^ 0x5bd1e995)
    const { sharedBudgetBytes } = plan
    const shared = sharedBudgetBytes === undefined ? undefined : new MemoryBudget(sharedBudgetBytes)
    for (let i = 0; i < plan.pairs; i++) this.pairs.push(this.#pair(i, shared))
  }

  run(): void {
    this.#log(() => JSON.stringify(this.plan))
    for (const side of this.sides) {
      side.driver.start()
      this.#live(side, side.parts.plan.actions)
    }
    this.#planStall()
    this.#runUntil(this.plan.endsAtMs, () => false)
    for (const pair of this.pairs) this.#end(pair)
    this.#runOut('the sessions did not end', () => this.sides.every((side) => side.isClosed))
    for (const side of this.sides) side.finish()
    this.#runOut('streams are left after the end', () => this.clock.pendingTimers === 0 && this.#isAllTold())
    this.#checkEnd()
  }

  /** Lets an application do one thing after the other. */
  #live(side: Side, actions: number): void {
    if (actions === 0 || side.isFinishing || side.isIdle) return
    side.later(() => {
      if (!side.isFinishing && !side.isIdle) act(side)
      this.#live(side, actions - 1)
    })
  }

  #planStall(): void {
    const { stallMs, isSuspension, endsAtMs } = this.plan
    if (stallMs === 0) return
    const set = (isStalled: boolean): void => {
      this.#log(() => `the links ${isStalled ? 'fall silent' : 'speak again'}`)
      for (const { link, ends } of this.pairs) {
        if (isStalled) link.hold()
        else link.release()
        if (isSuspension) for (const end of ends) end.suspend(isStalled)
      }
    }
    if (!isSuspension) this.#silenceMs = stallMs
    this.clock.setTimer(this.#random.float() * endsAtMs, () => {
      set(true)
      this.clock.setTimer(stallMs, () => set(false))
    })
  }

  #end(pair: Pair): void {
    const { client, server, link } = pair
    const side = this.#random.pick([client, server])
    const other = side === client ? server : client
    this.#log(() => `the ending begins: ${this.plan.ending}, by the ${side.parts.role}`)
    switch (this.plan.ending) {
      case 'finish':
        this.#finish(pair, () => this.#close(this.#random.chance(0.5) ? [side] : [side, other]))
        break
      case 'drain':
        if (!side.core.isClosing) side.core.drain()
        this.#finish(pair, () => this.#close([side]))
        break
      case 'close':
        this.#close([side])
        break
      case 'close-both':
        this.#close([side, other])
        break
      case 'cut':
        link.cut()
        break
      case 'abort':
        side.driver.abort(new Error('broken on purpose'))
        break
      case 'silence':
        this.#silence(pair)
        break
    }
  }

  #close(sides: readonly Side[]): void {
    for (const side of sides) side.core.close(this.#random.integer(0, 3), 'the run is over')
  }

  /** Every stream is finished, and then it is seen that nothing is left of them. */
  #finish(pair: Pair, then: () => void): void {
    const { client, server } = pair
    client.finish()
    server.finish()
    const isClosing = (): boolean => client.isClosing || server.isClosing
    const isQuiet = (): boolean =>
      [client, server].every(({ core, open }) => core.streams.size === 0 && open.size === 0)
    this.#runOut('streams were not finished', () => isClosing() || isQuiet(), pair)
    if (!isClosing()) {
      // What is under way between the two: frames for streams that are gone.
      this.#runUntil(this.clock.now() + 5_000, isClosing)
      const isSent = (): boolean => pair.ends.every(({ isAwaitingDrain }) => !isAwaitingDrain)
      this.#runOut('a flush never ends', () => isClosing() || isSent(), pair)
    }
    if (!isClosing()) for (const { core, parts } of [client, server]) checkAtRest(core, parts.name)
    then()
  }

  #silence({ link, client, server }: Pair): void {
    link.hold()
    this.#silenceMs = Infinity
    // Bytes that the link still takes count as a sign of life.
    for (const side of [client, server]) side.isIdle = true
    const isWatching = ({ core }: Side): boolean =>
      core.options.keepAliveIntervalMs > 0 && core.options.deadPeerTimeoutMs > 0
    const isClosing = (): boolean => client.isClosing && server.isClosing
    this.#runUntil(this.clock.now() + 15_500, isClosing)
    for (const side of [client, server]) {
      if (isWatching(side)) must(side.isClosing, `${side.parts.name}: a silent peer was not found dead`)
      if (!side.isClosing) side.driver.abort(new Error('given up'))
    }
  }

  #runOut(what: string, isDone: () => boolean, pair?: Pair): void {
    this.#runUntil(this.clock.now() + PATIENCE_MS, isDone)
    must(
      isDone(),
      () =>
        `${what}\n${(pair === undefined ? this.sides : [pair.client, pair.server]).map(describeSide).join('\n')}`,
    )
  }

  #runUntil(untilMs: number, isDone: () => boolean): void {
    let isAwake = true
    this.clock.setTimer(untilMs - this.clock.now(), () => (isAwake = false), { background: true })
    while (isAwake && !isDone()) {
      this.steps += 1
      must(this.steps < MAX_STEPS, 'time does not move on: a livelock')
      if (!this.clock.step()) return
      for (const side of this.sides) side.check()
    }
  }

  #isAllTold(): boolean {
    return this.sides.every((side) => side.probes.every((probe) => probe.isClosed))
  }

  #checkEnd(): void {
    for (const side of this.sides) {
      const { parts, core, reason, probes } = side
      for (const probe of probes) must(probe.isClosed, () => `${parts.name}: ${probe.name} was never closed`)
      must(core.streams.size === 0, () => `${parts.name}: ${core.streams.size} streams are left`)
      const code = reason === undefined ? undefined : (reason as { code?: string }).code
      const isFault = code === 'ASTRA_ERR_PROTOCOL' || code === 'ASTRA_ERR_ABUSE'
      must(!isFault, () => `${parts.name}: an honest peer was taken for a bad one: ${reason?.message}`)
      const isFalseAlarm = code === 'ASTRA_ERR_PEER_DEAD' && this.#silenceMs < 15_000
      must(!isFalseAlarm, () => `${parts.name}: a living peer was found dead`)
    }
    for (const budget of this.budgets) {
      must(
        budget.reservedBytes === 0,
        () => `${budget.reservedBytes} bytes of a budget are reserved for nobody`,
      )
    }
  }

  #pair(index: number, shared: MemoryBudget | undefined): Pair {
    const { plan, clock } = this
    const cut = plan.ending === 'cut' ? { aToB: { cutAfterBytes: plan.cutAfterBytes } } : {}
    const link = simLink(clock, { ...plan.link, ...cut, rng: this.#random.fork() })
    const ends = [new CheckedEnd(link.a, this.#options.sabotage), new CheckedEnd(link.b, undefined)] as const
    const ledger = new Ledger()
    const forth: DatagramFlow = { sent: 0, received: 0 }
    const back: DatagramFlow = { sent: 0, received: 0 }
    const side = (role: 'client' | 'server'): Side => {
      const isClient = role === 'client'
      const memoryBudget = isClient || shared === undefined ? new MemoryBudget(limitOf(plan[role])) : shared
      this.budgets.add(memoryBudget)
      const parts: SideParts = {
        role,
        name: `${role} ${index}`,
        end: isClient ? ends[0] : ends[1],
        clock: this.#driverClock,
        random: this.#random.fork(),
        plan: plan[role],
        limits: { ...plan[role].limits, memoryBudget },
        ledger,
        datagrams: isClient ? { out: forth, in: back } : { out: back, in: forth },
        log: (line) => this.#log(line),
      }
      const made = new Side(parts)
      if (!isClient) this.#options.breakCore?.(made.core)
      this.sides.push(made)
      return made
    }
    const client = side('client')
    const server = side('server')
    client.peer = server
    server.peer = client
    return { link, ends, client, server }
  }

  /** What a handler threw on purpose surfaces as uncaught, as it should. */
  #tolerate(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      if (!(error instanceof HandlerFault)) throw error
    }
  }

  #log(line: () => string): void {
    this.#options.trace?.(`${this.clock.now().toFixed(3).padStart(12)} ${line()}`)
  }
}

function limitOf(plan: { limits: { maxReceiveBufferBytes?: number } }): number {
  return plan.limits.maxReceiveBufferBytes ?? 64 * 1024 * 1024
}

/** What a side that is stuck looks like. */
function describeSide(side: Side): string {
  const { core, parts, open } = side
  const { receiveWindow, sendWindow } = core
  const head = `${parts.name}: ${core.end.state}, ${core.streams.size} streams; receive ${JSON.stringify(receiveWindow)}, reserved ${core.options.memoryBudget.reservedBytes}; send ${JSON.stringify(sendWindow)}`
  const streams = [...open].slice(0, 10).map(({ name, stream, isReadOver, unconsumed }) => {
    const { sendOffset, sendLimit, bufferedBytes, receiveOffset, receiveLimit, consumed, state } = stream
    return `  ${name} ${JSON.stringify({ state: `0x${state.toString(16)}`, sendOffset, sendLimit, bufferedBytes, receiveOffset, receiveLimit, consumed, isReadOver, unconsumed })}`
  })
  return [head, ...streams].join('\n')
}
