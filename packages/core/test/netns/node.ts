// One node, in a process of its own in a network namespace. What it can do is in `NodeCalls`.
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { AstraNet, type LinkPath, type NodeInspection, type Socket } from '@astranet/core'
import { systemClock, type NodeId } from '@astranet/interface'
import { serveCalls } from '../../../../tooling/test-support/netns/node-process.js'
import { pour, serveHash } from './hashed.js'

/** What a {@link NodeProcess} of this script can be asked. */
export type NodeCalls = typeof calls

/** A path as it was reported. */
export interface ReportedPath {
  readonly atMs: number
  readonly nodeId: NodeId
  /** `undefined`: there is no link any more. */
  readonly path: LinkPath | undefined
}

/** Long enough for a machine that is busy with other things. */
const DIAL_TIMEOUT_MS = 30_000

const SECRET = 'a secret of the tests in networks'

let node: AstraNet | undefined
/** The first socket to each service. */
const sockets = new Map<string, Socket>()
const many: Socket[] = []
const paths: ReportedPath[] = []
const wake = new Set<() => void>()

subscribe('astranet:link:path', (message) => {
  paths.push({ ...(message as Pick<ReportedPath, 'nodeId' | 'path'>), atMs: Date.now() })
  for (const each of wake) each()
})

const calls = {
  /** Makes the node, which listens at `listen` and joins at each of `joins` (`host:port`). */
  async start(options: {
    role: 'router' | 'node' | 'leaf'
    listen?: string
    joins?: readonly string[]
    /** A file. */
    identity?: string
    holePunching?: boolean
    portMapping?: boolean
  }): Promise<{ nodeId: NodeId; address: string }> {
    const { role, listen, joins = [], identity, holePunching = true, portMapping = false } = options
    const known = identity === undefined ? {} : { identity }
    node = new AstraNet({ role, secret: SECRET, holePunching, portMapping, spareRouter: false, ...known })
    const endpoint = listen === undefined ? undefined : await node.listenAndServe('tcp', listen)
    await Promise.all(joins.map((address) => own().join('tcp', address)))
    return { nodeId: node.nodeId, address: endpoint?.address ?? '' }
  },

  /** Listens at each of these addresses (`host:port`). */
  async listen(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) await own().listenAndServe('tcp', address)
  },

  /** Offers a service that sends everything back. */
  async serve(name: string): Promise<void> {
    const listener = await own().bind('', name)
    listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  },

  /** Resolves when the node knows the service. */
  async waitFor(name: string): Promise<void> {
    await own().waitFor(name)
  },

  /** Dials the service, has it answer, and keeps the socket open. Says how long that took, and the path. */
  dial: (name: string) => dialed(name, 'any'),

  /** The same, over a direct link only. */
  dialDirectly: (name: string) => dialed(name, 'direct'),

  /** Resolves when the socket that was dialed first to the service has answered. */
  async echo(name: string): Promise<void> {
    await answered(sockets.get(name) as Socket)
  },

  /** Closes the socket that was dialed first to the service; resolves when it has closed. */
  async hangUp(name: string): Promise<void> {
    const socket = sockets.get(name) as Socket
    sockets.delete(name)
    socket.destroy()
    if (!socket.closed) await once(socket, 'close')
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
    return sooner(() => paths.find(isWanted), timeoutMs)
  },

  /** Offers a service that answers, at the end of what it receives, with its SHA-256. */
  serveHash: (name: string) => serveHash(own(), name),

  /** Sends so many pieces of 64 KiB that all differ, and says what both sides have as their SHA-256. */
  pour: (options: { name: string; pieces: number }) => pour(own(), options),

  /** Dials so many streams, has each answer once while all others stay open, and closes them. */
  async dialMany({
    name,
    count,
  }: {
    name: string
    count: number
  }): Promise<{ paths: string[]; elapsedMs: number }> {
    const start = performance.now()
    const dials = Array.from({ length: count }, async () => {
      const socket = await own().dial('', name, { timeoutMs: 60_000 })
      await answered(socket)
      return socket
    })
    const open = await Promise.all(dials)
    const kinds = new Set(open.map((socket) => socket.path.kind))
    many.push(...open)
    return { paths: [...kinds], elapsedMs: performance.now() - start }
  },

  /** Closes what `dialMany` opened. */
  closeMany(): void {
    for (const socket of many.splice(0)) socket.destroy()
  },

  /** Resolves with true when there is a link to the node over a connection; `undefined` when that is late. */
  linkedWith(options: { nodeId: NodeId; timeoutMs: number }): Promise<true | undefined> {
    const { nodeId, timeoutMs } = options
    const isLinked = (): boolean =>
      own()
        .inspect()
        .links.some((link) => link.nodeId === nodeId)
    return sooner(() => isLinked() || undefined, timeoutMs)
  },

  forwarding: (): NodeInspection['forwarding'] => own().inspect().forwarding,

  inspect: (): Pick<NodeInspection, 'punching'> => ({ punching: own().inspect().punching }),

  async close(): Promise<void> {
    await node?.close()
  },
}

/** What `look` finds after a change of paths, as soon as it finds something; `undefined` when that is late. */
function sooner<T>(look: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const lookAgain = (isLate = false): void => {
      const found = look()
      if (found === undefined && !isLate) return
      wake.delete(lookAgain)
      timer.cancel()
      resolve(found)
    }
    const timer = systemClock.setTimer(timeoutMs, () => lookAgain(true))
    wake.add(lookAgain)
    lookAgain()
  })
}

function own(): AstraNet {
  if (node === undefined) throw new Error('the node was not started')
  return node
}

async function dialed(
  name: string,
  path: 'any' | 'direct',
): Promise<{ atMs: number; elapsedMs: number; path: LinkPath }> {
  const start = performance.now()
  const socket = await own().dial('', name, { path, timeoutMs: DIAL_TIMEOUT_MS })
  socket.on('error', () => {})
  if (!sockets.has(name)) sockets.set(name, socket)
  await answered(socket)
  return { atMs: Date.now(), elapsedMs: performance.now() - start, path: socket.path }
}

async function answered(socket: Socket): Promise<void> {
  socket.write('word')
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve())
    socket.once('close', () => reject(new Error('the socket closed')))
  })
}

serveCalls(calls)
