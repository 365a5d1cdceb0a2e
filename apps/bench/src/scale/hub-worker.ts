import { monitorEventLoopDelay } from 'node:perf_hooks'
import { AstraNet, type NodeInspection } from '@astranet/core'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import { startProfile, type Profiling } from './profiled.js'
import { counted, type ByteCounts } from './counted-transport.js'
import { usageNow, type Usage } from './usage.js'
import { answerCalls } from './worker.js'

/** All leaves come from one address, and nothing is to refuse them. */
const DOORWAY = {
  maxPerHost: 4_096,
  maxPerStage: 4_096,
  handshakesPerSecond: 1_000_000,
  totalHandshakesPerSecond: 1_000_000,
}

/** Places beside the leaves: for those that come while others go, and for the process that measures. */
const SPARE_LINKS = 1_024

/** Where the hub listens. */
export interface HubAddresses {
  readonly tcp: string
  readonly ws: string
}

/** What the hub has used, and what it has now. */
export interface HubUsage extends Usage {
  readonly bytes: ByteCounts
  readonly links: number
  readonly registry: Omit<NodeInspection['registry'], 'neighbours'>
}

/** How often the event loop is looked at, in ms. */
const LOOP_RESOLUTION_MS = 5

/** How late the timers of the hub were: a turn of its event loop took that long. In ms. */
export interface LoopDelays {
  readonly p99: number
  readonly max: number
}

let node: AstraNet | undefined
let profiling: Profiling | undefined
const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
const bytes: ByteCounts = { sent: 0, received: 0 }

const calls = {
  /** Listens for leaves, and binds a service that echoes. */
  async start({ links }: { links: number }): Promise<HubAddresses> {
    node = new AstraNet({
      role: 'router',
      helloTimeoutMs: 60_000,
      maxLinks: links + SPARE_LINKS,
      doorway: DOORWAY,
      transports: [counted(tcp(), bytes), counted(ws(), bytes)],
    })
    const listener = await node.bind('', 'echo')
    listener.on('connection', (socket) => socket.on('error', () => undefined).pipe(socket))
    const [overTcp, overWs] = [
      await node.listenAndServe('tcp4', '127.0.0.1:0'),
      await node.listenAndServe('ws', '127.0.0.1:0'),
    ]
    return { tcp: overTcp.address, ws: overWs.address }
  },

  /** Starts to measure the event loop. */
  watchLoop(_: undefined): void {
    loop.reset()
    loop.enable()
  },

  loopDelays(_: undefined): LoopDelays {
    loop.disable()
    const late = (ns: number): number => Math.max(0, ns / 1e6 - LOOP_RESOLUTION_MS)
    return { p99: late(loop.percentile(99)), max: late(loop.max) }
  },

  async startProfile(_: undefined): Promise<void> {
    profiling = await startProfile()
  },

  async writeProfile({ file }: { file: string }): Promise<void> {
    await profiling?.write(file)
    profiling = undefined
  },

  usage(_: undefined): HubUsage {
    if (node === undefined) throw new Error('the hub has not started')
    const { links, registry } = node.inspect()
    const { neighbours: _neighbours, ...numbers } = registry
    return { ...usageNow(), bytes, links: links.length, registry: numbers }
  },
}

/** What the process can be asked. */
export type HubCalls = typeof calls

answerCalls(calls)
