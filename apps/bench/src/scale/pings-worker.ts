import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Session, toByteDuplex } from '@astranet/mux'
import { generateIdentity, secure } from '@astranet/secure'
import { usageNow, type Usage } from './usage.js'
import { answerCalls } from './worker.js'

/** Connections that are made at the same time. */
const CONCURRENT = 16

/** What the sessions of one measurement are like. */
export interface PingsSettings {
  readonly isSecure: boolean
  readonly keepAliveIntervalMs: number
}

/** What one side has used, and what its sockets have moved. */
export interface PingsUsage extends Usage {
  readonly sessions: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

const identity = await generateIdentity()
const sockets: Socket[] = []
const sessions = new Set<Session>()

async function open(
  socket: Socket,
  { isSecure, keepAliveIntervalMs }: PingsSettings,
  role: 'client' | 'server',
): Promise<void> {
  sockets.push(socket)
  const bytes = toByteDuplex(socket)
  const pipe = isSecure
    ? await secure(bytes, { role: role === 'client' ? 'initiator' : 'responder', identity })
    : bytes
  const session: Session = new Session(pipe, {
    ...{ role, keepAliveIntervalMs },
    handler: { onClosing: () => sessions.delete(session) },
  })
  sessions.add(session)
}

const calls = {
  /** Accepts sessions; answers with the port. */
  async listen(settings: PingsSettings): Promise<number> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      void open(socket, settings, 'server')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },

  /** Opens so many sessions. */
  async dial({ port, links, ...settings }: PingsSettings & { port: number; links: number }): Promise<void> {
    let left = links
    const some = async (): Promise<void> => {
      while (left-- > 0) {
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
        await once(socket, 'connect')
        await open(socket, settings, 'client')
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT }, some))
  },

  usage(_: undefined): PingsUsage {
    return {
      ...usageNow(),
      sessions: sessions.size,
      sentBytes: sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
      receivedBytes: sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    }
  },
}

/** What the process can be asked. */
export type PingsCalls = typeof calls

answerCalls(calls)
