import { expect, it } from 'vitest'
import type { Session, Stream, StreamHandler } from '../../src/index.js'
import { sessionPair } from '../support/sessions.js'

/** Open at once: as many as a peer may have by default, but for a few. */
const STREAMS = 1_000_000

/** Streams of one session that are told before other work has its turn. */
const SLICE = 2_000

it(
  `with ${STREAMS} streams open the end of a session tells each once, and ${SLICE} of them in a turn`,
  { timeout: 120_000 },
  async () => {
    const ends = { client: new Ends(), server: new Ends() }
    const { client, server, sockets } = await sessionPair({
      server: { handler: { onStream: (stream) => ends.server.add(stream) } },
    })
    while (ends.client.size < STREAMS) ends.client.add(await client.openStream())
    await client.ping()
    expect([client.openStreams, server.openStreams]).toEqual([STREAMS, STREAMS])

    sockets[0].resetAndDestroy()
    await Promise.all([ends.client.watch(client), ends.server.watch(server)])
    for (const { told, most } of [ends.client, ends.server]) {
      expect(told.length).toBe(STREAMS)
      expect(told.every((count) => count === 1)).toBe(true)
      expect(most).toBeLessThanOrEqual(SLICE)
      expect(most).toBeGreaterThan(0)
    }
  },
)

/** Counts how often each stream of a session is told of its end, and how many in one turn of the event loop. */
class Ends implements StreamHandler {
  readonly told: number[] = []
  /** The most in one turn. */
  most = 0
  #inTurn = 0

  get size(): number {
    return this.told.length
  }

  add(stream: Stream): void {
    stream.context = this.told.push(0) - 1
    stream.handle(this)
  }

  onData(): void {}
  onEnd(): void {}

  onClose(stream: Stream): void {
    const index = stream.context as number
    this.told[index] = (this.told[index] ?? 0) + 1
    this.#inTurn += 1
  }

  /** Counts turns until everything is over. */
  async watch(session: Session): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve))
      this.most = Math.max(this.most, this.#inTurn)
      this.#inTurn = 0
    } while (!session.isClosed)
  }
}
