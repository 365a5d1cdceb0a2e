import { once, type EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import MoqSession, { selectSubprotocol, type Config } from '@moq/qmux'
import { WebSocket, WebSocketServer } from 'ws'
import { onTestFinished } from 'vitest'
import { Session, type SessionOptions } from '../../src/index.js'
import { WsDuplex } from './ws-duplex.js'

/** Which side of a session is ours. */
export const ROLES = ['client', 'server'] as const
export type Role = (typeof ROLES)[number]

/** What `@moq/qmux` declares by default, in bytes and streams. */
export const THEIR_STREAM_WINDOW_BYTES = 262_144
export const THEIR_SESSION_WINDOW_BYTES = 1_048_576

/** One session between this package and `@moq/qmux`, over a real WebSocket on the loopback. */
export interface MoqPair {
  readonly ours: Session
  readonly theirs: MoqSession
  /** The WebSocket under each side, for what neither would send by itself. */
  readonly ourSocket: WebSocket
  readonly theirSocket: WebSocket
}

/** How to make a pair. */
export interface MoqPairOptions {
  readonly ours?: Omit<SessionOptions, 'role' | 'binding'>
  readonly theirs?: Config
}

/** Connects a pair in which our side has `role`; the test's end closes it. */
export async function moqPair(role: Role, options: MoqPairOptions = {}): Promise<MoqPair> {
  providePromiseWithResolvers()
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: (offered) => selectSubprotocol([...offered]) ?? false,
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dialed = new WebSocket(`ws://127.0.0.1:${port}`, ['qmux-02'])
  // Each side takes its socket in the turn in which it opens, so no message is missed.
  const [ourSource, theirSource] = role === 'client' ? [dialed, server] : [server, dialed]
  const [ours, theirs] = await Promise.all([
    whenOpen(ourSource, (socket) => ({
      socket,
      session: new Session(new WsDuplex(socket), { ...options.ours, role, binding: 'messages' }),
    })),
    whenOpen(theirSource, (socket) => ({ socket, session: moqSession(socket, role, options.theirs ?? {}) })),
  ])
  onTestFinished(async () => {
    ours.session.close()
    await ours.session.closed
    await theirs.session.closed.catch(() => {})
    for (const { socket } of [ours, theirs]) if (socket.readyState !== socket.CLOSED) socket.terminate()
    server.close()
  })
  await theirs.session.ready
  return { ours: ours.session, theirs: theirs.session, ourSocket: ours.socket, theirSocket: theirs.socket }
}

function moqSession(socket: WebSocket, ourRole: Role, config: Config): MoqSession {
  const like = socket as unknown as ConstructorParameters<typeof MoqSession>[0] & object
  if (ourRole === 'server') return new MoqSession(like, { config })
  return MoqSession.accept(like as Parameters<typeof MoqSession.accept>[0], { config })
}

function whenOpen<T>(source: WebSocket | WebSocketServer, make: (socket: WebSocket) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const events: EventEmitter = source
    events.once('error', reject)
    if (source instanceof WebSocketServer) source.once('connection', (socket) => resolve(make(socket)))
    else source.once('open', () => resolve(make(source)))
  })
}

/** `@moq/qmux` calls it, and Node has it from 22 on. */
function providePromiseWithResolvers(): void {
  if ('withResolvers' in Promise) return
  Object.defineProperty(Promise, 'withResolvers', {
    configurable: true,
    writable: true,
    value: () => {
      const parts: Record<string, unknown> = {}
      parts['promise'] = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
      return parts
    },
  })
}
