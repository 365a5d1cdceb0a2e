// One node, in a process of its own in a network namespace. What it can do is in `NodeCalls`.
import { subscribe } from 'node:diagnostics_channel'
import { AstraNet, type LinkPath, type NodeInspection, type Socket } from '@astranet/core'
import { serveCalls } from '../../../../tooling/test-support/netns/node-process.js'

/** What a {@link NodeProcess} of this script can be asked. */
export type NodeCalls = typeof calls

/** A path as it was reported. */
export interface ReportedPath {
  readonly atMs: number
  readonly path: LinkPath | undefined
}

const SECRET = 'a secret of the tests in networks'

let node: AstraNet | undefined
const sockets: Socket[] = []
const paths: ReportedPath[] = []
const events: { atMs: number; event: unknown }[] = []
let wake: (() => void)[] = []

subscribe('astranet:link:path', (message) => {
  const { path } = message as { path: LinkPath | undefined }
  paths.push({ atMs: Date.now(), path })
  for (const each of wake.splice(0)) each()
})
subscribe('astranet:link:punch', (event) => void events.push({ atMs: Date.now(), event: text(event) }))

const calls = {
  /** Makes the node; a router listens at `listen` (`host:port`). */
  async start(options: {
    role: 'router' | 'node' | 'leaf'
    listen?: string
    join?: string
    holePunching?: boolean
  }): Promise<{ nodeId: string; address: string }> {
    const { role, listen, join, holePunching = true } = options
    node = new AstraNet({ role, secret: SECRET, holePunching })
    const endpoint = listen === undefined ? undefined : await node.listenAndServe('tcp', listen)
    if (join !== undefined) await node.join('tcp', join)
    return { nodeId: String(node.nodeId), address: endpoint?.address ?? '' }
  },

  /** Offers a service that sends everything back. */
  async serve(name: string): Promise<void> {
    const listener = await own().bind('', name)
    listener.on('connection', (socket) => socket.on('error', () => {}).pipe(socket))
  },

  /** Dials the service, has it answer once, and keeps the socket open. Says how long that took, and the path. */
  async dial(name: string): Promise<{ elapsedMs: number; path: LinkPath }> {
    const start = performance.now()
    const socket = await own().dial('', name, { timeoutMs: 10_000 })
    socket.on('error', () => {})
    sockets.push(socket)
    await answered(socket)
    return { elapsedMs: performance.now() - start, path: socket.path }
  },

  /** Whether the socket that was dialed first still answers. */
  async echo(): Promise<void> {
    await answered(sockets[0] as Socket)
  },

  /** The first path that was reported of this kind, now or within the time. */
  async pathOf({
    kind,
    timeoutMs,
  }: {
    kind: LinkPath['kind']
    timeoutMs: number
  }): Promise<ReportedPath | undefined> {
    const until = Date.now() + timeoutMs
    for (;;) {
      const found = paths.find(({ path }) => path?.kind === kind && isPeer(path))
      const left = until - Date.now()
      if (found !== undefined || left <= 0) return found
      await new Promise<void>((resolve) => {
        wake.push(resolve)
        AbortSignal.timeout(left).addEventListener('abort', () => resolve())
      })
    }
  },

  inspect: (): Pick<NodeInspection, 'punching'> => ({ punching: own().inspect().punching }),

  events: () => events,

  async close(): Promise<void> {
    await node?.close()
  },
}

/** The links to routers are direct, too. */
function isPeer(path: LinkPath): boolean {
  return path.kind === 'relay' || path.method !== undefined
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

function text(event: unknown): string {
  return JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

serveCalls(calls)
