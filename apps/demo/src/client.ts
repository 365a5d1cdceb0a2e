import { AstraNet } from '@astranet/core'
import { answerCalls } from './answer-calls.js'
import { sendBulk } from './bulk.js'
import type { ClientCalls } from './calls.js'
import { measureMemory } from './memory.js'
import { moveToDirect } from './move.js'
import { fetchPage } from './page.js'
import { medianRoundTripMs } from './round-trips.js'
import { Streams } from './streams.js'
import { Watch } from './watch.js'

/** The client process: one node, which is given the address of the relay and no other. */
const node = new AstraNet().client()
const streams = new Streams(node)
const watch = new Watch(node)

const calls: ClientCalls = {
  async join({ address, names }) {
    await node.join('tcp4', address)
    await watch.start(names)
    return undefined
  },
  seen: async ({ name }) => ({ seenAtMs: await watch.seen(name) }),
  allGone: async () => ({ goneAtMs: await watch.allGone() }),
  moveToDirect: async () => ({ movedAtMs: await moveToDirect(node) }),
  page: () => fetchPage(node),
  open: ({ streams: count }) => streams.open(count),
  exchange: () => streams.exchange(),
  openStreams: () => Promise.resolve(streams.openCount()),
  async closeStreams() {
    await streams.close()
    return undefined
  },
  roundTrip: async () => ({ roundTripMs: await medianRoundTripMs(node) }),
  bulk: () => sendBulk(node),
  memory: () => measureMemory(),
  async close() {
    await node.close()
    return undefined
  },
}

answerCalls(calls)
