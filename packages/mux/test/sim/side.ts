import type { Clock } from '@astranet/interface'
import type { Rng } from '@astranet/testkit/sim'
import { Driver } from '../../src/io/session/driver.js'
import { resolveLimits, type SessionLimits } from '../../src/proto/session/options.js'
import type { SessionCore } from '../../src/proto/session/core.js'
import { StreamState } from '../../src/proto/stream/state.js'
import type { Stream } from '../../src/proto/stream/stream.js'
import type { CheckedEnd } from './checked-end.js'
import { checkCore } from './invariants.js'
import type { Ledger } from './ledger.js'
import type { SidePlan } from './plan.js'
import { Probe, type ProbeHost, type Reading } from './probe.js'
import { must } from './sim-failure.js'

/** Datagrams of one direction: sent in order, so each must be the next one. */
export interface DatagramFlow {
  sent: number
  received: number
}

/** What a {@link Side} is made of. */
export interface SideParts {
  readonly role: 'client' | 'server'
  readonly name: string
  readonly end: CheckedEnd
  readonly clock: Clock
  readonly random: Rng
  readonly plan: SidePlan
  readonly limits: SessionLimits
  readonly ledger: Ledger
  readonly datagrams: { readonly out: DatagramFlow; readonly in: DatagramFlow }
  readonly log: (line: () => string) => void
}

/** One session and the application that uses it. */
export class Side implements ProbeHost {
  readonly parts: SideParts
  readonly random: Rng
  readonly throws: number
  readonly driver: Driver
  readonly probes: Probe[] = []
  readonly open = new Set<Probe>()
  /** Bytes its application has written. */
  writtenBytes = 0
  isClosing = false
  isClosed = false
  reason: Error | undefined = undefined
  /** The other side. */
  peer: Side | undefined = undefined
  isFinishing = false
  /** Its application does nothing of its own accord any more. */
  isIdle = false
  /** How often the application was told that unread streams hold too much. */
  pressures = 0

  constructor(parts: SideParts) {
    this.parts = parts
    this.random = parts.random
    this.throws = parts.plan.throws
    this.driver = new Driver(parts.end, parts.role, {
      limits: resolveLimits(parts.limits),
      clock: parts.clock,
      random: () => this.random.float(),
      initialBytes: undefined,
      events: {
        onStream: (stream) => this.#accept(stream),
        onStreamsAvailable: () => must(!this.isClosing, `${parts.name}: streams available after the end`),
        onDatagram: (payload) => this.#datagram(payload),
        onPong: (rttMs) =>
          must(rttMs === undefined || rttMs >= 0, `${parts.name}: a round trip of ${rttMs} ms`),
        onUnreadPressure: () => (this.pressures += 1),
        onIdle: () => this.log(() => 'no stream is open'),
        onClosing: (reason) => this.#over(reason),
        onClosed: (reason) => this.#closed(reason),
      },
    })
  }

  get core(): SessionCore {
    return this.driver.core
  }

  log(line: () => string): void {
    this.parts.log(() => `${this.parts.name}: ${line()}`)
  }

  isRefused(code: unknown): boolean {
    if (this.peer === undefined) return false
    const { options, limits } = this.peer.core
    return code === options.evictionCode || (limits.isFrozen && code === options.refusalCode)
  }

  isSessionOver(): boolean {
    return this.isClosing
  }

  later(callback: () => void): void {
    this.parts.clock.setTimer(this.random.float() * 3 * this.parts.plan.paceMs, callback)
  }

  /** Opens a stream, where the peer's credit allows. */
  openStream(isUnidirectional: boolean): Probe | undefined {
    const stream = this.core.isClosing
      ? undefined
      : this.core.open(isUnidirectional, this.random.pick([0, 3, 3, 3, 7]))
    if (stream === undefined) return undefined
    this.log(() => `opened stream ${stream.id}`)
    const probe = this.#add(stream)
    probe.start()
    return probe
  }

  /** Reads everything and ends everything from now on. */
  finish(): void {
    if (this.isFinishing) return
    this.isFinishing = true
    for (const probe of this.open) probe.finish()
  }

  check(): void {
    for (const probe of this.open) {
      const isGone = (probe.stream.state & StreamState.REMOVED) !== 0
      if (isGone && probe.isClosed && probe.unconsumed === 0) this.open.delete(probe)
    }
    checkCore(this.core, this.#streams(), this.parts.name)
  }

  *#streams(): Generator<Stream> {
    for (const probe of this.open) yield probe.stream
  }

  #accept(stream: Stream): void {
    this.log(() => `accepted stream ${stream.id}`)
    must(!this.isClosing, `${this.parts.name}: a stream after the end`)
    const probe = this.#add(stream)
    this.core.acceptedStream(stream)
    if (this.isFinishing) {
      probe.start()
      probe.finish()
    } else if (this.random.chance(0.7)) probe.start()
    else this.later(() => probe.start())
  }

  #add(stream: Stream): Probe {
    const { plan, ledger } = this.parts
    const reading = this.random.chance(plan.idleReaders)
      ? 'idle'
      : this.random.pick<Reading>(['eager', 'eager', 'moody', 'counting', 'whole'])
    const flows = stream.isLocal ? ledger.begin(stream.id) : ledger.flowsOf(stream.id)
    const probe = new Probe(stream, flows, reading, this)
    this.probes.push(probe)
    this.open.add(probe)
    return probe
  }

  #datagram(payload: Uint8Array): void {
    const flow = this.parts.datagrams.in
    const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0)
    must(number === flow.received, () => `datagram ${number} came instead of ${flow.received}`)
    must(number < flow.sent, () => `datagram ${number} was never sent`)
    flow.received += 1
  }

  #over(reason: Error | undefined): void {
    this.log(() => `session over: ${reason?.message ?? 'without fault'}`)
    must(!this.isClosing, `${this.parts.name}: onClosing twice`)
    this.isClosing = true
    this.reason = reason
  }

  #closed(reason: Error | undefined): void {
    this.log(() => 'session closed')
    must(this.isClosing && !this.isClosed, `${this.parts.name}: onClosed out of turn`)
    must(reason === this.reason, `${this.parts.name}: onClosing and onClosed disagree`)
    this.isClosed = true
  }
}
