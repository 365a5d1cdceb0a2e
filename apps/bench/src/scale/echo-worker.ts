import { once } from 'node:events'
import { AstraNet, type Socket } from '@astranet/core'
import { percentile } from '../works/percentile.js'
import { answerCalls } from './worker.js'

const PAYLOAD = Buffer.alloc(64, 1)

/** Pause between two round trips, in ms: so few echoes hardly count in the hub's CPU time. */
const PACE_MS = 5

/** Round trips through one hub, in ms. */
export interface EchoTimes {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const sockets: Socket[] = []

async function roundTrip(socket: Socket): Promise<number> {
  const startedAt = performance.now()
  socket.write(PAYLOAD)
  let received = 0
  while (received < PAYLOAD.length) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    received += chunk.length
  }
  return performance.now() - startedAt
}

function timesOf(samples: readonly number[]): EchoTimes {
  const times = Float64Array.from(samples)
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), max: percentile(times, 1) }
}

const calls = {
  /** Joins hubs as a leaf of each, and dials the service of each. */
  async dial({ addresses }: { addresses: readonly string[] }): Promise<void> {
    for (const address of addresses) {
      const node = new AstraNet({ role: 'leaf' })
      await node.join('tcp4', address)
      sockets.push(await node.dial('', 'echo'))
    }
  },

  /** Measures round trips through all hubs by turns, for so long. */
  async measure({ seconds }: { seconds: number }): Promise<readonly EchoTimes[]> {
    const samples = sockets.map((): number[] => [])
    const until = performance.now() + seconds * 1_000
    while (performance.now() < until) {
      for (const [index, socket] of sockets.entries()) samples[index]?.push(await roundTrip(socket))
      await new Promise((resolve) => setTimeout(resolve, PACE_MS))
    }
    return samples.map(timesOf)
  },
}

/** What the process can be asked. */
export type EchoCalls = typeof calls

answerCalls(calls)
