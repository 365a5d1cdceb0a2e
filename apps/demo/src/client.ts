import { AstraNet, type NodeId } from '@astranet/core'
import { answerCalls } from './answer-calls.js'
import type { ClientCalls } from './calls.js'
import { Lookout } from './lookout.js'
import { measureMemory } from './memory.js'
import { fetchPage } from './page.js'
import { Streams } from './streams.js'

const PINGS = 5

/** The client process: a node that joins the server's node, and one that joins only the router. */
const node = new AstraNet()
const streams = new Streams(node)
const lookout = new Lookout()
let server: NodeId | undefined

const calls: ClientCalls = {
  async joinRouter({ address, names }) {
    await lookout.join(address, names)
    return undefined
  },
  seen: async ({ name }) => ({ seenAtMs: await lookout.seen(name) }),
  allGone: async () => ({ goneAtMs: await lookout.allGone() }),
  async join({ address }) {
    server = await node.join('tcp4', address)
    return undefined
  },
  page: () => fetchPage(node),
  open: ({ streams: count }) => streams.open(count),
  exchange: () => streams.exchange(),
  openStreams: () => Promise.resolve(streams.openCount()),
  ping: async () => ({ pingMs: await medianPingMs() }),
  memory: () => measureMemory(),
  async leave() {
    await node.close()
    return undefined
  },
  async close() {
    await lookout.close()
    return undefined
  },
}

/** The median of several keep-alive round trips. */
async function medianPingMs(): Promise<number> {
  if (server === undefined) throw new Error('the client has not joined')
  const roundTrips: number[] = []
  for (let i = 0; i < PINGS; i++) roundTrips.push(await node.ping(server))
  roundTrips.sort((a, b) => a - b)
  return roundTrips[Math.floor(PINGS / 2)] as number
}

answerCalls(calls)
