// One side of a punch, in a process of its own in a network namespace. What it can do is in `PuncherCalls`.
import { createServer, type Socket } from 'node:net'
import { systemClock, type Connection } from '@astranet/interface'
import { Probe } from '@astranet/testkit'
import { tcp } from '@astranet/transport-tcp'
import { PortMapper, type PortMapping } from '@astranet/transport-tcp/port-mapping'
import { openManyPorts, openSimultaneously, tryPorts, type End } from '@astranet/transport-tcp/punch'
import { serveCalls } from '../../../../tooling/test-support/netns/node-process.js'

/** What {@link calls} can be asked. */
export type PuncherCalls = typeof calls

/** What a punch came to. */
export interface PunchResult {
  /** From the start until the peer's word has arrived, in ms; -1 when it did not in time. */
  readonly elapsedMs: number
  /** Attempts to connect. */
  readonly syns: number
}

let mapping: PortMapping | undefined

const WORD = Buffer.from('word')

const calls = {
  /** Listens, and tells each that connects from where it comes; answers with the port. */
  async observe(): Promise<number> {
    const server = createServer((socket: Socket) => {
      socket.on('error', () => {})
      socket.end(`${socket.remoteAddress} ${socket.remotePort}`)
    })
    await new Promise<void>((resolve) => server.listen(0, '::', resolve))
    return (server.address() as { port: number }).port
  },

  /** Connects to an observer from a port that can be shared; answers with that port, and how the observer sees it. */
  async ask({ host, port }: End): Promise<{ localPort: number; observed: End }> {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const connection = await tcp({ localPort: 0 }).dial('tcp', address, { timeoutMs: 5_000 })
    const localPort = Number(connection.localAddress.split(':').at(-1))
    const probe = Probe.on(connection)
    await probe.until('the end', () => probe.hasEnded)
    connection.end()
    const [seen = '', seenPort = ''] = Buffer.from(probe.bytes()).toString().split(' ')
    return { localPort, observed: { host: seen.replace('::ffff:', ''), port: Number(seenPort) } }
  },

  /** Has the gateway forward a port of this host; answers with the port outside. The mapping stays. */
  async map(internalPort: number): Promise<End | undefined> {
    mapping = await new PortMapper().map(internalPort, new AbortController().signal)
    return mapping?.external
  },

  /** Ends the mapping. */
  async unmap(): Promise<void> {
    await mapping?.close()
  },

  punch(options: {
    way: 'simultaneous' | 'many' | 'try'
    localPort: number
    remote: End
    timeoutMs: number
    /** Only one side may choose between several connections. */
    isChooser: boolean
    budget?: number
    /** How much later it begins, in ms. */
    delayMs?: number
  }): Promise<PunchResult> {
    const { way, localPort, remote, timeoutMs, isChooser, budget = Infinity, delayMs = 0 } = options
    const start = performance.now()
    const stop = new AbortController()
    let syns = 0
    return new Promise((resolve) => {
      const finish = (elapsedMs: number): void => {
        stop.abort()
        timer.cancel()
        resolve({ elapsedMs, syns })
      }
      const timer = systemClock.setTimer(timeoutMs, () => finish(-1))
      const common = {
        ...{ localPort, remote, signal: stop.signal },
        takeSyn: () => syns < budget && (syns++, true),
        onConnection: (connection: Connection) => {
          // The chooser stops at its first connection; the other side takes the one over which the word comes.
          if (stop.signal.aborted) return connection.abort(new Error('one is enough'))
          if (isChooser) stop.abort()
          exchange(connection, isChooser).then(
            () => finish(performance.now() - start),
            () => {},
          )
        },
      }
      const ways = { simultaneous: openSimultaneously, many: openManyPorts, try: tryPorts }
      systemClock.setTimer(delayMs, () => ways[way](common))
    })
  },
}

/** Resolves when the peer's word has arrived. */
async function exchange(connection: Connection, isFirst: boolean): Promise<void> {
  const probe = Probe.on(connection)
  if (isFirst) await probe.send(WORD)
  await probe.until('a word', () => probe.receivedBytes >= WORD.length)
  if (!WORD.equals(probe.bytes())) throw new Error('another word')
  if (!isFirst) await probe.send(WORD)
}

serveCalls(calls)
