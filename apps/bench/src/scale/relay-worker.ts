import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { AstraNet } from '@astranet/core'
import { startProfile, type Profiling } from './profiled.js'
import { usageNow, type Usage } from './usage.js'
import { answerCalls } from './worker.js'

/** Where the bytes of a measurement go: to a port of TCP, or to a service by its name. */
export type Target = 'tcp' | 'astra'

/** What one side has received and used. */
export interface RelayUsage extends Usage {
  readonly receivedBytes: number
}

const CHUNK = Buffer.alloc(65_536, 1)

/** Made by `start`. */
let node: AstraNet
const ports = { sink: 0, echo: 0 }
let receivedBytes = 0
let isPumping = false
let profiling: Profiling | undefined

/** Discards what arrives, and counts it. */
function sink(socket: Duplex): void {
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (receivedBytes += chunk.length))
}

function echo(socket: Duplex): void {
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => void socket.write(chunk))
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function open(target: Target, service: 'sink' | 'echo'): Promise<Duplex> {
  if (target === 'astra') return await node.dial('', service)
  const socket = connect({ port: ports[service], host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  return socket
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

const calls = {
  /** Makes the node; the first call. `isEncrypted`: its links are so on loopback, too. */
  async start({ isEncrypted }: { isEncrypted: boolean }): Promise<void> {
    node = new AstraNet({
      // No other router may come into the path.
      spareRouter: false,
      encryption: isEncrypted ? 'always' : 'auto',
      tunnels: { maxTunnelsPerNode: 1_048_576, maxTunnels: 1_048_576 },
    })
    await Promise.resolve()
  },

  /** Listens, as a router or not; answers with the address. */
  async listen(isRouter: boolean): Promise<string> {
    if (isRouter) node.router()
    return (await node.listenAndServe('tcp4', '127.0.0.1:0')).address
  },

  async join(address: string): Promise<void> {
    await node.join('tcp4', address)
  },

  /** Offers both services, by name and on ports of TCP. */
  async serve(_: undefined): Promise<{ sink: number; echo: number }> {
    for (const [name, take] of Object.entries({ sink, echo })) {
      const listener = await node.bind('', name)
      listener.on('connection', take)
    }
    return {
      sink: await listening(createServer({ noDelay: true }, sink)),
      echo: await listening(createServer({ noDelay: true }, echo)),
    }
  },

  /** Forwards TCP to these ports, as a program does that knows no better; answers with its own. */
  async forward(to: { sink: number; echo: number }): Promise<{ sink: number; echo: number }> {
    const forwarder = (port: number): Server =>
      createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
        const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
        for (const socket of [near, far]) socket.on('error', () => undefined)
        near.pipe(far).pipe(near)
      })
    return { sink: await listening(forwarder(to.sink)), echo: await listening(forwarder(to.echo)) }
  },

  /** Where TCP leads from now on. */
  async aim(to: { sink: number; echo: number }): Promise<void> {
    Object.assign(ports, to)
    await Promise.resolve()
  },

  /** Writes without pause until `stop`; answers when the stream is open. */
  async pump(target: Target): Promise<void> {
    const socket = await open(target, 'sink')
    isPumping = true
    const write = (): void => {
      while (isPumping && socket.write(CHUNK));
      if (!isPumping) socket.destroy()
    }
    socket.on('error', () => undefined).on('drain', write)
    write()
  },

  async stop(_: undefined): Promise<void> {
    isPumping = false
    await Promise.resolve()
  },

  /** Round trips of 64 bytes, in ms. */
  async pingPong({
    target,
    count,
  }: {
    target: Target
    count: number
  }): Promise<{ p50: number; p99: number }> {
    const socket = await open(target, 'echo')
    const times: number[] = []
    for (let index = 0; index < count; index++) {
      const start = performance.now()
      socket.write(CHUNK.subarray(0, 64))
      for (let left = 64; left > 0;) left -= ((await once(socket, 'data')) as [Buffer])[0].length
      // The first ones meet code that is not compiled yet.
      if (index >= count / 10) times.push(performance.now() - start)
    }
    socket.destroy()
    times.sort((a, b) => a - b)
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) }
  },

  /** Which way the service is dialed: for a check that the measurement is what its name says. */
  async routersOnPath(service: 'sink' | 'echo'): Promise<number> {
    const socket = await node.dial('', service)
    const { length } = socket.path.via
    socket.destroy()
    return length
  },

  /** Tunnels through this router. */
  async tunnels(_: undefined): Promise<number> {
    await Promise.resolve()
    return node.inspect().forwarding.tunnels
  },

  async startProfile(_: undefined): Promise<void> {
    profiling = await startProfile()
  },

  async writeProfile({ file }: { file: string }): Promise<void> {
    await profiling?.write(file)
  },

  async usage(_: undefined): Promise<RelayUsage> {
    for (let round = 0; round < 3; round++) {
      globalThis.gc?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { ...usageNow(), receivedBytes }
  },
}

/** What the process can be asked. */
export type RelayCalls = typeof calls

answerCalls(calls)
