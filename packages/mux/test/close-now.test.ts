import { describe, expect, it } from 'vitest'
import { Session, type SessionOptions, type Stream } from '../src/index.js'
import { fakePipes, ManualClock, type FakePipe } from './support/fake-pipe.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'

interface World {
  readonly clock: ManualClock
  readonly client: Session
  readonly server: Session
  readonly near: FakePipe
  /** What the server is told of each stream, in the order in which they come. */
  readonly heard: Recorder[]
}

function world(options: { client?: Partial<SessionOptions>; server?: Partial<SessionOptions> } = {}): World {
  const clock = new ManualClock()
  const [near, far] = fakePipes(clock)
  const heard: Recorder[] = []
  const common = { clock, random: () => 0 }
  const client = new Session(near, { ...common, role: 'client', ...options.client })
  const server = new Session(far, {
    ...common,
    role: 'server',
    handler: { onStream: (stream) => void heard.push(new Recorder(stream)) },
    ...options.server,
  })
  clock.runDeferred()
  return { clock, client, server, near, heard }
}

function opened(session: Session, text = ''): Stream {
  const stream = session.tryOpenStream()
  if (stream === undefined) throw new Error('the peer allows no stream')
  if (text !== '') stream.write(bytesOf(text))
  return stream
}

/** The process of the client is gone: what it gave to the system arrives, and then its end. */
function exit({ near, server, clock }: World): void {
  near.deliver()
  near.peer.handler.onEnd()
  near.peer.handler.onClose(undefined)
  clock.runDeferred()
  expect(server.isClosed).toBe(true)
}

describe('close', () => {
  it('sends all that was written and ended before, as far as the credit goes, and ends nothing else', () => {
    const here = world()
    for (let count = 0; count < 40; count++) {
      const stream = opened(here.client)
      stream.write(pattern(10_000))
      if (count > 0) stream.end()
    }
    here.client.close()
    here.clock.runDeferred()
    const [open, ...ended] = here.heard
    expect(open?.events).toEqual(['data', 'stop', 'reset', 'close'])
    for (const { bytes, events } of ended) {
      expect(bytes.length).toBe(10_000)
      expect(events.slice(0, 2)).toEqual(['data', 'end'])
    }
    expect(ended.length).toBe(39)
  })
})

describe('closeNow', () => {
  it('sends what was written and ends each stream, within the call', () => {
    const here = world()
    opened(here.client, 'before')
    here.clock.runDeferred()
    opened(here.client, 'in this turn')
    opened(here.client, 'ended').end()
    here.client.closeNow()
    expect(here.near.hasEnded).toBe(true)
    exit(here)
    expect(here.heard.map(({ text }) => text)).toEqual(['before', 'in this turn', 'ended'])
    for (const { events } of here.heard) expect(events).toEqual(['data', 'end', 'stop', 'close'])
    expect(here.heard[0]?.stopError).toMatchObject({ code: 'EPIPE' })
  })

  it('sends more than a flush, and resets behind its bytes a stream that cannot send all', () => {
    const here = world()
    const many = Array.from({ length: 40 }, () => opened(here.client))
    for (const stream of many) stream.write(pattern(10_000))
    const large = opened(here.client)
    large.write(pattern(100_000))
    const told = new Recorder(large)
    here.client.closeNow()
    exit(here)
    for (const each of here.heard.slice(0, 40)) {
      expect(Buffer.compare(each.bytes, pattern(10_000))).toBe(0)
      expect(each.events).toEqual(['data', 'end', 'stop', 'close'])
    }
    const partial = here.heard[40] as Recorder
    expect(partial.bytes.length).toBeGreaterThan(0)
    expect(Buffer.compare(partial.bytes, pattern(100_000).subarray(0, partial.bytes.length))).toBe(0)
    expect(partial.events).toEqual(['data', 'reset', 'stop', 'close'])
    expect(partial.resetError).toMatchObject({ code: 'ECONNRESET', applicationCode: 0 })
    // Whoever wrote it is told that it was cut off, as by `close`.
    expect(told.stopError).toMatchObject({ code: 'ECONNABORTED' })
  })

  it.each([100, 1_000, 5_000, 16_384, 100_000])(
    'sends no more than the %i bytes that the connection takes',
    (bytes) => {
      const here = world()
      Object.assign(here.near, { sendableBytes: bytes })
      const count = 60
      for (let n = 0; n < count; n++) opened(here.client).write(pattern(1_000))
      here.client.closeNow()
      expect(here.near.flight.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(bytes)
      exit(here)
      const whole = here.heard.filter(({ events }) => events.includes('end'))
      for (const each of whole) expect(Buffer.compare(each.bytes, pattern(1_000))).toBe(0)
      // An eighth is for the ends of streams, and each stream has a header.
      expect(whole.length).toBeGreaterThanOrEqual(Math.min(count, Math.floor((0.8 * bytes) / 1_030) - 1))
      expect(whole.length).toBeLessThanOrEqual(bytes / 1_000)
    },
  )

  it('keeps what the application had asked for: resets, and how far they are reliable', () => {
    const here = world()
    const [reset, resetAt] = [opened(here.client, 'all of it'), opened(here.client, 'all of it')]
    here.clock.runDeferred()
    reset.reset(7)
    resetAt.write(pattern(100_000))
    resetAt.resetAt(50_000, 8)
    here.client.closeNow()
    exit(here)
    expect(here.heard.map(({ resetError }) => resetError)).toMatchObject([
      { applicationCode: 7 },
      { applicationCode: 8 },
    ])
  })

  it('ends what the peer opened, and tells nothing of streams that nobody knows', () => {
    const here = world({
      client: { handler: { onStream: (stream) => void stream.write(bytesOf('answer')) } },
    })
    const asked = new Recorder(opened(here.server, 'question'))
    here.clock.runDeferred()
    here.client.closeNow()
    exit(here)
    expect(asked.text).toBe('answer')
    expect(asked.events.filter((event) => event !== 'stop')).toEqual(['data', 'end', 'close'])
    expect(here.heard).toEqual([])
  })

  it('calls no handler of a stream before it returns', () => {
    const here = world()
    const stream = opened(here.client)
    const told = new Recorder(stream)
    stream.writeReferenced(pattern(8_000))
    here.client.closeNow()
    expect(told.events).toEqual([])
    here.clock.runDeferred()
    expect(told.events).toEqual(['reset', 'flushed', 'close'])
    expect(here.client.isClosing).toBe(true)
  })

  it('sends nothing while the connection takes nothing', () => {
    const here = world()
    here.near.isFull = true
    opened(here.client, 'first')
    here.clock.runDeferred()
    opened(here.client, 'second')
    here.client.closeNow()
    here.near.isFull = false
    exit(here)
    expect(here.heard).toEqual([])
  })

  it('sends the close of a session that was closed in this turn, and is harmless afterwards', () => {
    const here = world()
    opened(here.client, 'x').end()
    here.client.close(3, 'enough')
    here.client.closeNow()
    here.client.closeNow()
    exit(here)
    here.client.closeNow()
    expect(here.heard[0]?.text).toBe('x')
    expect(here.server.isClosing).toBe(true)
  })

  it('before the peer has said anything just closes', () => {
    const clock = new ManualClock()
    const [near] = fakePipes(clock)
    near.isDelivering = false
    const client = new Session(near, { role: 'client', clock })
    client.closeNow()
    expect(near.hasEnded).toBe(true)
    expect(near.flight.length).toBeGreaterThan(0)
  })

  it('takes as long as 16 MiB, whatever waits', () => {
    const here = world({ server: { maxReceiveBufferBytes: 1 << 30 } })
    here.near.isDelivering = false
    for (let count = 0; count < 3_000; count++) opened(here.client).write(pattern(15_000))
    here.client.closeNow()
    const sent = here.near.flight.reduce((sum, chunk) => sum + chunk.length, 0)
    expect(sent).toBeLessThan((16 << 20) + 70_000)
    here.clock.runDeferred()
  })
})
