import { describe, expect, it } from 'vitest'
import { peers } from '../src/peers/index.js'
import { works } from '../src/works/index.js'
import type { Peer, StreamEvents } from '../src/peer.js'
import type { ProcessCpu, ProcessMemory, Work } from '../src/work.js'

/** Sizes so small that every peer finishes quickly. */
const SCALE = 0.0005

/** Both sides in this process, over a real connection. An exception of either side fails the work. */
async function doWork(work: Work, peer: Peer): Promise<Map<string, number>> {
  const sizes = work.sizes(SCALE)
  const values = new Map<string, number>()
  let isDone = false
  const failed = new Promise<never>((_resolve, reject) => {
    const served = guarded(work.serve(peer, sizes), (error) => isDone || reject(error))
    const memory = (): Promise<ProcessMemory> => Promise.resolve({ client: 1, server: 1 })
    const cpu = (): Promise<ProcessCpu> => {
      const { user, system } = process.cpuUsage()
      const seconds = (user + system) / 1e6
      return Promise.resolve({ client: seconds, server: seconds })
    }
    const report = (metric: string, value: number): unknown => values.set(metric, value)
    peer
      .listen(served)
      .then((address) => work.run({ peer, address, sizes, memory, cpu, report, progress: () => undefined }))
      .then(() => reject(DONE))
      .catch(reject)
  })
  await failed.catch((reason: unknown) => {
    if (reason !== DONE) throw reason
  })
  isDone = true
  return values
}

const DONE = new Error('done')

function guarded(events: StreamEvents, fail: (error: Error) => void): StreamEvents {
  return {
    ...events,
    onData(stream, chunk) {
      try {
        events.onData(stream, chunk)
      } catch (error) {
        fail(error as Error)
      }
    },
    onFailure(error) {
      try {
        events.onFailure(error)
      } catch (failure) {
        fail(failure as Error)
      }
    },
  }
}

/** Says why a peer is left out. */
function isThere({ name, missing }: Peer): boolean {
  const reason = missing?.()
  if (reason !== undefined) process.stderr.write(`left out: ${name}: ${reason}\n`)
  return reason === undefined
}

describe.each(works.map((work) => ({ work, name: work.name })))('the work $name', ({ work }) => {
  const able = peers.filter((peer) => (peer.works?.includes(work.name) ?? true) && isThere(peer))

  it.each(able.map((peer) => ({ peer, name: peer.name })))(
    'is done by $name, every byte checked',
    async ({ peer }) => {
      const values = await doWork(work, peer)
      const wanted = work.metrics(work.sizes(SCALE)).map(({ name }) => name)
      expect(values.size).toBeGreaterThan(0)
      for (const [metric, value] of values) {
        expect(wanted).toContain(metric)
        expect(value).toBeGreaterThanOrEqual(0)
      }
      if (work.name !== 'memory') expect([...values.keys()]).toEqual(wanted)
    },
  )
})

describe('a work', () => {
  it('fails when bytes are lost', async () => {
    const [tcp] = peers
    const churn = works.find(({ name }) => name === 'small') as Work
    let isFirst = true
    const lossy: Peer = {
      ...(tcp as Peer),
      write(stream, bytes) {
        if (!isFirst) return (tcp as Peer).write(stream, bytes)
        isFirst = false
        return (tcp as Peer).write(stream, bytes.subarray(1))
      },
    }
    await expect(doWork(churn, lossy)).rejects.toThrow('wrong bytes')
  })
})
