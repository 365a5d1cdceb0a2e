// With Node's option `--conditions=browser` this is what pages get: the leaves are pages then. What this program calls
// is the same in both.
import { AstraNet } from '@astranet/core'
import { usageNow, type Usage } from './usage.js'
import { answerCalls } from './worker.js'

/** Leaves of one process that join, or dial, at the same time. */
const CONCURRENT = 8

/** How long a leaf may need to join, in ms: on a busy machine very many join at once. */
const PATIENCE_MS = 60_000

/** What leaves hold of others. */
export interface Held {
  /** The most and the sum of the logs of other nodes that a leaf holds. */
  readonly maxLogs: number
  readonly logs: number
  /** The most and the sum of bytes that count as held. */
  readonly maxBytes: number
  readonly bytes: number
  /** The services that the leaves see. */
  readonly services: readonly string[]
}

/** What this process has used, and what happened to its leaves. */
export interface LeavesUsage extends Usage {
  readonly leaves: number
  readonly came: number
  readonly went: number
  /** Errors of joins. */
  readonly failures: readonly string[]
}

/** How leaves join, and under which numbers. */
export interface LeavesSettings {
  /** Where they join: over TCP, or over WebSocket where this process makes pages. */
  readonly network: 'tcp4' | 'ws'
  readonly address: string
  /** The number of the first leaf of this process. */
  readonly first: number
}

let settings: LeavesSettings | undefined
let sequence = 0
let churning: NodeJS.Timeout | undefined
const leaves: AstraNet[] = []
const failures: string[] = []
const totals = { came: 0, went: 0 }

/** Each leaf offers one service and wants one. */
async function add(): Promise<void> {
  if (settings === undefined) throw new Error('the leaves have no settings')
  const { network, address, first } = settings
  const index = sequence++
  const leaf = new AstraNet({ role: 'leaf', helloTimeoutMs: PATIENCE_MS })
  await leaf.join(network, address, { timeoutMs: PATIENCE_MS })
  await leaf.bind('', `leaf-${first + index}`)
  await ask(leaf)
  leaves.push(leaf)
}

/** A leaf asks for a name that it dials for 60 s. */
async function ask(leaf: AstraNet): Promise<void> {
  const socket = await leaf.dial('', 'echo', { timeoutMs: PATIENCE_MS })
  socket.destroy()
}

async function someAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const some = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: CONCURRENT }, some))
}

async function change(): Promise<void> {
  const oldest = leaves.shift()
  try {
    await Promise.all([add(), oldest?.close()])
    totals.came += 1
    totals.went += 1
  } catch (error) {
    failures.push(String(error))
  }
}

/** Nodes of a network come independently of each other: the times between are distributed exponentially. */
function changeLater(perSecond: number): void {
  churning = setTimeout(
    () => {
      changeLater(perSecond)
      void change()
    },
    (-Math.log(1 - Math.random()) * 1_000) / perSecond,
  )
}

const calls = {
  async join({ count, ...given }: LeavesSettings & { count: number }): Promise<void> {
    settings = given
    await someAtOnce(Array.from({ length: count }), add)
  },

  /** From now on so many come, and as many go, in a second on average; with 0 no longer. */
  churn({ perSecond }: { perSecond: number }): void {
    clearTimeout(churning)
    if (perSecond > 0) changeLater(perSecond)
  },

  usage(_: undefined): LeavesUsage {
    return { ...usageNow(), leaves: leaves.length, ...totals, failures }
  },

  /** What they hold when each has just asked for its name. */
  async held(_: undefined): Promise<Held> {
    await someAtOnce([...leaves], (leaf) =>
      ask(leaf).catch((error: unknown) => void failures.push(String(error))),
    )
    const all = leaves.map((leaf) => leaf.inspect().registry)
    const services = new Set<string>()
    for (const leaf of leaves) for (const { name } of leaf.services()) services.add(name.replace(/\d+$/, ''))
    return {
      maxLogs: Math.max(0, ...all.map(({ logs }) => logs)),
      logs: all.reduce((sum, { logs }) => sum + logs, 0),
      maxBytes: Math.max(0, ...all.map(({ heldBytes }) => heldBytes)),
      bytes: all.reduce((sum, { heldBytes }) => sum + heldBytes, 0),
      services: [...services],
    }
  },
}

/** What the process can be asked. */
export type LeavesCalls = typeof calls

answerCalls(calls)
