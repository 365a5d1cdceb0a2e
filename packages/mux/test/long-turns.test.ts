import { expect, it } from 'vitest'
import { rng } from '@astranet/testkit/sim'
import { Session, type Stream } from '../src/index.js'
import { fakePipes, ManualClock, type FakePipe } from './support/fake-pipe.js'
import { pattern, Recorder } from './support/recorder.js'

/** How many streams begin to wait before the session looks at the clock. */
const STREAMS_BETWEEN_LOOKS = 8

interface World {
  readonly clock: ManualClock
  readonly near: FakePipe
  readonly client: Session
  /** What the far side has received, by stream. */
  readonly received: Map<number, Recorder>
}

/** Two sessions whose pipes do not call back from within `writev`, unless `isNested`. */
function world(isNested = false): World {
  const clock = new ManualClock()
  const [near, far] = fakePipes(clock)
  if (!isNested) for (const pipe of [near, far]) Object.assign(pipe, { callsBackLater: true })
  const received = new Map<number, Recorder>()
  const client = new Session(near, { role: 'client', clock, random: () => 0 })
  const onStream = (stream: Stream): void => void received.set(stream.id, new Recorder(stream))
  new Session(far, { role: 'server', clock, random: () => 0, handler: { onStream } })
  clock.runDeferred()
  near.isDelivering = false
  return { clock, near, client, received }
}

function open(client: Session): Stream {
  const stream = client.tryOpenStream()
  if (stream === undefined) throw new Error('the peer allows no more streams')
  return stream
}

/** Opens streams and writes 100 bytes to each, which takes `msEach`. */
function writeMany(
  { client, clock }: World,
  { streams, msEach }: { streams: number; msEach: number },
): Stream[] {
  return Array.from({ length: streams }, () => {
    const stream = open(client)
    stream.handle(new Recorder())
    stream.write(pattern(100, stream.id))
    clock.skip(msEach)
    return stream
  })
}

it('what many streams have written leaves while a long turn goes on', () => {
  const made = world()
  writeMany(made, { streams: 2 * STREAMS_BETWEEN_LOOKS, msEach: 0.02 })
  const [first] = made.near.flight
  // The stream whose write was the last one is not in it: more of it may follow.
  expect(first?.length).toBeGreaterThan(100 * (2 * STREAMS_BETWEEN_LOOKS - 1))
  expect(first?.length).toBeLessThan(110 * (2 * STREAMS_BETWEEN_LOOKS - 1) + 20)
  made.near.deliver()
  expect(made.received.size).toBe(2 * STREAMS_BETWEEN_LOOKS - 1)
  made.clock.runDeferred()
  made.near.deliver()
  expect(made.received.size).toBe(2 * STREAMS_BETWEEN_LOOKS)
})

it.each([
  ['the turn is short', { msEach: 0.001 }],
  ['the pipe may call back from within writev', { msEach: 1, isNested: true }],
])('all leaves together at the end of the turn when %s', (_, { msEach, isNested = false }: Long) => {
  const made = world(isNested)
  writeMany(made, { streams: 5 * STREAMS_BETWEEN_LOOKS, msEach })
  expect(made.near.flight).toHaveLength(0)
  made.clock.runDeferred()
  expect(made.near.flight).toHaveLength(1)
})

interface Long {
  readonly msEach: number
  readonly isNested?: boolean
}

it('one stream that writes again and again does not send early', () => {
  const { client, clock, near } = world()
  const stream = open(client)
  for (let write = 0; write < 100; write++) {
    stream.write(pattern(10))
    clock.skip(1)
  }
  expect(near.flight).toHaveLength(0)
})

it('a full pipe is not written to again before it has drained', () => {
  const made = world()
  made.near.isFull = true
  writeMany(made, { streams: 10 * STREAMS_BETWEEN_LOOKS, msEach: 0.02 })
  expect(made.near.bufferedBytes).toBe(1)
  made.near.isFull = false
  made.near.drain()
  made.clock.runDeferred()
  made.near.deliver()
  expect(made.received.size).toBe(10 * STREAMS_BETWEEN_LOOKS)
  for (const [id, { bytes }] of made.received) expect(Buffer.compare(bytes, pattern(100, id))).toBe(0)
})

it('no handler is called from within a write, whatever is written and however full the pipe is', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = rng(seed)
    const made = world()
    const { client, clock, near, received } = made
    let isWriting = false
    const sent = new Map<Stream, Uint8Array[]>()
    const outside = (): void => expect(isWriting).toBe(false)
    for (let turn = 0; turn < 5; turn++) {
      near.isFull = random.chance(0.3)
      for (let write = 0; write < 60; write++) {
        const isNew = sent.size === 0 || random.chance(0.5)
        const stream = isNew ? open(client) : random.pick([...sent.keys()])
        if (isNew) stream.handle({ onData: outside, onEnd: outside, onWritable: outside, onFlushed: outside })
        const bytes = pattern(random.pick([1, 100, 3_000, 20_000]), write)
        sent.set(stream, [...(sent.get(stream) ?? []), bytes])
        isWriting = true
        if (random.chance(0.5)) stream.write(bytes)
        else stream.writeReferenced(bytes)
        isWriting = false
        clock.skip(0.03)
      }
      near.isFull = false
      near.drain()
      clock.runDeferred()
      near.deliver()
    }
    near.isDelivering = true
    near.peer.isDelivering = true
    clock.advance(100)
    near.deliver()
    clock.advance(100)
    for (const [stream, chunks] of sent)
      expect(Buffer.compare(received.get(stream.id)?.bytes ?? new Uint8Array(), Buffer.concat(chunks))).toBe(
        0,
      )
  }
})
