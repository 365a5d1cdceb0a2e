import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Stream } from '../src/index.js'
import { StreamState } from '../src/proto/stream/state.js'
import { checkInvariants, connectedPair, type Pair, type Side } from './support/pair.js'
import { pattern, Recorder } from './support/recorder.js'

/** One direction of one stream: what was written, what came out, and how it ended. */
interface Flow {
  readonly from: Stream
  readonly written: Uint8Array[]
  isEnded: boolean
  isReset: boolean
}

/** What the model knows of one end of a stream. */
interface End {
  readonly side: Side
  readonly stream: Stream
  readonly recorder: Recorder
  readonly flow: Flow
  isStopped: boolean
}

type Step = readonly [action: (typeof ACTIONS)[number], who: number, size: number]

const ACTIONS = [
  'open',
  'open-uni',
  'write',
  'write',
  'write',
  'end',
  'reset',
  'stop',
  'destroy',
  'pause',
  'resume',
  'manual',
  'automatic',
  'consume',
  'require',
  'urgency',
  'flush',
  'block',
  'unblock',
  'deliver',
  'deliver',
  'run',
] as const

class Model {
  readonly pair: Pair
  readonly ends: End[] = []
  #seed = 0

  constructor() {
    const limits = {
      maxReceiveBufferBytes: 262_144,
      sendHighWaterMarkBytes: 30_000,
      unreadGraceMs: 2 ** 31 - 1,
    }
    this.pair = connectedPair({ client: limits, server: limits })
    for (const side of [this.pair.client, this.pair.server])
      side.onStream = (stream) => this.#add(side, stream)
  }

  step([action, who, size]: Step): void {
    const side = who % 2 === 0 ? this.pair.client : this.pair.server
    if (action === 'open' || action === 'open-uni') {
      if (this.ends.length < 12) this.#add(side, side.open(action === 'open-uni', size % 8))
    } else if (action === 'flush') side.flush(0)
    else if (action === 'block') side.isBlocked = true
    else if (action === 'unblock') {
      side.isBlocked = false
      side.take(0)
    } else if (action === 'deliver') this.pair.deliver(side, 1 + size)
    else if (action === 'run') this.pair.run(() => 1 + size)
    else if (this.ends.length > 0) this.#act(action, this.ends[who % this.ends.length] as End, size)
    checkInvariants(this.pair.client)
    checkInvariants(this.pair.server)
  }

  /** Everyone reads and ends: everything has to come to its end. */
  finish(): void {
    for (const side of [this.pair.client, this.pair.server]) {
      side.isBlocked = false
      side.take(0)
    }
    for (let round = 0; round < 3; round++) {
      for (const { stream, flow, isStopped } of this.ends) {
        stream.manualCredit = false
        stream.resume()
        if (stream.canWrite) stream.end()
        flow.isEnded ||= !isStopped
      }
      this.pair.run()
    }
    for (const side of [this.pair.client, this.pair.server]) this.#expectNothingLeft(side)
    for (const end of this.ends) this.#expectDelivered(end)
  }

  #add(side: Side, stream: Stream): void {
    const recorder = new Recorder(stream)
    const flow: Flow = { from: stream, written: [], isEnded: false, isReset: false }
    this.ends.push({ side, stream, recorder, flow, isStopped: false })
  }

  #act(action: Step[0], end: End, size: number): void {
    const { stream, flow } = end
    if (action === 'write' && stream.canWrite) {
      const bytes = pattern(size, ++this.#seed)
      flow.written.push(bytes)
      // What is passed by reference stays as it is here; the recorder of the other end has to see the same.
      if (size % 2 === 0) stream.write(bytes)
      else stream.writeReferenced(bytes)
    } else if (action === 'end') stream.end()
    else if (action === 'reset') {
      flow.isReset = true
      stream.reset(size)
    } else if (action === 'stop' || action === 'destroy') {
      end.isStopped = true
      flow.isReset ||= action === 'destroy'
      if (action === 'stop') stream.stopSending(size)
      else stream.destroy(size)
    } else if (action === 'pause') stream.pause()
    else if (action === 'resume') stream.resume()
    else if (action === 'manual') stream.manualCredit = true
    else if (action === 'automatic') stream.manualCredit = false
    else if (action === 'consume') this.#consume(stream, size)
    else if (action === 'require') stream.requireAtLeast(size)
    else if (action === 'urgency') stream.urgency = size % 8
  }

  #consume(stream: Stream, size: number): void {
    const delivered = stream.unreadBytes - (stream.receiveQueue?.bytes ?? 0)
    stream.consume(Math.min(size, delivered))
  }

  #expectDelivered(end: End): void {
    // A stream that was given up before the peer was told of it is taken back, and its id used again.
    if (!isAnnounced(end)) return
    const other = this.ends.find(
      (candidate) =>
        candidate.side !== end.side && candidate.stream.id === end.stream.id && isAnnounced(candidate),
    )
    expect(other, `stream ${end.stream.id} is known to both`).toBeDefined()
    if (other === undefined || !other.stream.canSend) return
    const written = Buffer.concat(other.flow.written)
    const got = Buffer.from(end.recorder.bytes)
    expect(Buffer.compare(written.subarray(0, got.length), got), 'a prefix of what was written').toBe(0)
    expect(end.recorder.events.filter((event) => event === 'close')).toEqual(['close'])
    expect(end.recorder.events.at(-1)).toBe('close')
    const isWhole = end.recorder.events.includes('end')
    expect(isWhole && end.recorder.events.includes('reset')).toBe(false)
    if (isWhole) expect(got.length, 'a clean end means that every byte came').toBe(written.length)
    if (!other.flow.isReset && !end.isStopped) expect(isWhole, 'nobody gave it up').toBe(true)
  }

  #expectNothingLeft({ core, thrown }: Side): void {
    expect(thrown).toEqual([])
    expect(core.closeReason).toBe(undefined)
    expect(core.isClosing).toBe(false)
    expect(core.streams.size).toBe(0)
    expect(core.sendBufferedBytes).toBe(0)
    const { receiveWindow, options } = core
    expect([receiveWindow.unreadBytes, receiveWindow.overheadBytes, receiveWindow.growthBytes]).toEqual([
      0, 0, 0,
    ])
    expect(options.memoryBudget.reservedBytes).toBe(receiveWindow.outstandingBytes)
    expect([...core.unread.list()]).toEqual([])
    expect(core.windowRequests.size).toBe(0)
  }
}

function isAnnounced({ stream }: End): boolean {
  return (stream.state & StreamState.ANNOUNCED) !== 0
}

it('any interleaving of operations delivers what was written, in order, once, and everything ends', () => {
  const size = fc.oneof(fc.nat(20), fc.nat(3_000), fc.nat(100_000))
  const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom(...ACTIONS), fc.nat(23), size)
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
      const model = new Model()
      for (const next of steps) model.step(next)
      model.finish()
    }),
    {
      numRuns: 300,
      examples: [
        [
          [
            ['open-uni', 0, 0],
            ['consume', 0, 0],
            ['open', 0, 0],
          ],
        ],
      ],
    },
  )
})
