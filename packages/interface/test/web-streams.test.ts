import type { ReadableStream as NodeReadable, WritableStream as NodeWritable } from 'node:stream/web'
import { fromWebStreams, type WebStreamPair } from '@astranet/interface/web-streams'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { recorder } from './recorder.js'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const silent = () => new ReadableStream<Uint8Array>()

describe('fromWebStreams', () => {
  it("takes the DOM's streams and Node's", () => {
    type Pair<R, W> = { readable: R; writable: W }
    expectTypeOf<Pair<ReadableStream<Uint8Array>, WritableStream<Uint8Array>>>().toExtend<WebStreamPair>()
    expectTypeOf<Pair<NodeReadable<Uint8Array>, NodeWritable<Uint8Array>>>().toExtend<WebStreamPair>()
  })

  it('writes the chunks of one writev as one, and gives them back at once', async () => {
    const seen: number[][] = []
    const writable = new WritableStream<Uint8Array>({ write: (chunk) => void seen.push([...chunk]) })
    const pipe = fromWebStreams({ readable: silent(), writable })
    const chunk = Uint8Array.of(2, 3)
    pipe.writev([Uint8Array.of(1), chunk])
    chunk.fill(9)
    await turn()
    expect(seen).toEqual([[1, 2, 3]])
  })

  it('returns whether the stream wants more', async () => {
    const strategy = { highWaterMark: 100, size: (chunk: Uint8Array) => chunk.length }
    const pipe = fromWebStreams({
      readable: silent(),
      writable: new WritableStream<Uint8Array>({}, strategy),
    })
    const events = recorder(pipe)
    expect(pipe.writev([new Uint8Array(99)])).toBe(true)
    expect(pipe.writev([new Uint8Array(1)])).toBe(false)
    expect(pipe.bufferedBytes).toBe(100)
    await turn()
    expect(events).toEqual(['drain'])
    expect(pipe.bufferedBytes).toBe(0)
  })

  it('cancels the readable when the writable fails, and gives onClose the error', async () => {
    const cancelled: unknown[] = []
    const readable = new ReadableStream<Uint8Array>({ cancel: (reason) => void cancelled.push(reason) })
    const broken = new Error('broken')
    const writable = new WritableStream<Uint8Array>({ write: () => Promise.reject(broken) })
    const pipe = fromWebStreams({ readable, writable })
    const events = recorder(pipe)
    pipe.writev([new Uint8Array(1)])
    await turn()
    expect(events).toEqual(['close broken'])
    expect(cancelled).toEqual([broken])
  })

  it('aborts the writable when the readable fails, with an error made of whatever it failed with', async () => {
    const aborted: unknown[] = []
    const readable = new ReadableStream<Uint8Array>({ start: (controller) => controller.error('words') })
    const writable = new WritableStream<Uint8Array>({ abort: (reason) => void aborted.push(reason) })
    const events = recorder(fromWebStreams({ readable, writable }))
    await turn()
    expect(events).toEqual(['close words'])
    expect(aborted).toEqual([expect.objectContaining({ code: 'ASTRA_ERR_UNKNOWN' })])
  })

  it('breaks when the readable gives something else than bytes', async () => {
    const readable = new ReadableStream<unknown>({ start: (controller) => controller.enqueue('words') })
    const pair = {
      readable: readable as ReadableStream<Uint8Array>,
      writable: new WritableStream<Uint8Array>(),
    }
    const events = recorder(fromWebStreams(pair))
    await turn()
    expect(events).toEqual(['close pair.readable gave something else than bytes'])
  })

  it('refuses what is not a pair of streams, naming the argument', () => {
    expect(() => fromWebStreams({ writable: new WritableStream() } as never)).toThrow(/pair\.readable/)
    expect(() => fromWebStreams({ readable: silent() } as never)).toThrow(/pair\.writable/)
  })
})
