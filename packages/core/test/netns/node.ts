// One node, in a process of its own in a network namespace. What it can do is in `NodeCalls`.
import { subscribe } from 'node:diagnostics_channel'
import { AstraNet, type LinkPath, type NodeInspection, type Socket } from '@astranet/core'
import { systemClock, type NodeId } from '@astranet/interface'
import { serveCalls } from '../../../../tooling/test-support/netns/node-process.js'

/** What a {@link NodeProcess} of this script can be asked. */
export type NodeCalls = typeof calls

/** A path as it was reported. */
export interface ReportedPath {
  readonly atMs: number
  readonly nodeId: NodeId
  /** `undefined`: there is no link any more. */
  readonly path: LinkPath | undefined
}

const SECRET = 'a secret of the tests in networks'

let node: AstraNet | undefined
/** The first socket to each service. */
const sockets = new Map<string, Socket>()
const paths: ReportedPath[] = []
const wake = new Set<() => void>()

subscribe('astranet:link:path', (message) => {
  paths.push({ ...(message as Pick<ReportedPath, 'nodeId' | 'path'>), atMs: Date.now() })
  for (const each of wake) each()
})

const calls = {
  /** Makes the node; a router listens at `listen` (`host:port`). */
  async start(options: {
    role: 'router' | 'node' | 'leaf'
    listen?: string
    join?: string
    holePunching?: boolean
  }): Promise<{ nodeId: NodeId; address: string }> {
    const { role, listen, join, holePunching = true } = options
    node = new AstraNet({ role, secret: SECRET, holePunching })
    const endpoint = listen === undefined ? undefined : await node.listenAndServe('tcp', listen)
    if (join !== undefined) await node.join('tcp', join)
    return { nodeId: node.nodeId, address: endpoint?.address ?? '' }
  },

  /** Offers a service that sends everything back. */
  async serve(name: string): Promise<void> {
    const listener = await own().bind('', name)
    listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  },

  /** Dials the service, has it answer, and keeps the socket open. Says how long that took, and the path. */
  async dial(name: string): Promise<{ atMs: number; elapsedMs: number; path: LinkPath }> {
    const start = performance.now()
    const socket = await own().dial('', name, { timeoutMs: 10_000 })
    socket.on('error', () => {})
    if (!sockets.has(name)) sockets.set(name, socket)
    await answered(socket)
    return { atMs: Date.now(), elapsedMs: performance.now() - start, path: socket.path }
  },

  /** Resolves when the socket that was dialed first to the service has answered. */
  async echo(name: string): Promise<void> {
    await answered(sockets.get(name) as Socket)
  },

  /** What was reported since then of paths to the node, as soon as there is such; `undefined` when it is late. */
  reported(options: {
    /** A direct path, or that there is no link any more. */
    what: 'direct' | 'none'
    nodeId: NodeId
    timeoutMs: number
    sinceMs?: number
  }): Promise<ReportedPath | undefined> {
    const { what, nodeId, timeoutMs, sinceMs = 0 } = options
    const isWanted = (each: ReportedPath): boolean =>
      each.nodeId === nodeId && (each.path?.kind ?? 'none') === what && each.atMs >= sinceMs
    return new Promise((resolve) => {
      const look = (isLate = false): void => {
        const found = paths.find(isWanted)
        if (found === undefined && !isLate) return
        wake.delete(look)
        timer.cancel()
        resolve(found)
      }
      const timer = systemClock.setTimer(timeoutMs, () => look(true))
      wake.add(look)
      look()
    })
  },

  inspect: (): Pick<NodeInspection, 'punching'> => ({ punching: own().inspect().punching }),

  async close(): Promise<void> {
    await node?.close()
  },
}

function own(): AstraNet {
  if (node === undefined) throw new Error('the node was not started')
  return node
}

async function answered(socket: Socket): Promise<void> {
  socket.write('word')
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve())
    socket.once('close', () => reject(new Error('the socket closed')))
  })
}

serveCalls(calls)
