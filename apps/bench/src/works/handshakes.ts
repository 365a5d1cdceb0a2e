import type { Dialed, Peer, StreamEvents } from '../peer.js'
import { scaled, SILENT, type Run, type Work } from '../work.js'
import { serveEcho } from './echo.js'

type HandshakesSizes = {
  readonly connections: number
  /** Connections that are made at the same time. */
  readonly atOnce: number
}

const CONNECTIONS = 5_000
const AT_ONCE = 32
const BYTE = Uint8Array.of(0x61)
/** Number of connections between two reports of progress. */
const PROGRESS_STEP = 32

/** 5,000 connections to one listener, 32 at a time: connect, handshake, one byte and its echo, close. */
export const handshakes: Work<HandshakesSizes> = {
  name: 'handshakes',
  title: '5,000 connections, 32 at a time: handshake, one byte, echo, close',
  sizes: (scale) => ({ connections: scaled(CONNECTIONS, scale, 40), atOnce: AT_ONCE }),
  metrics: () => [
    { name: 'rate', unit: 'connections/s', isHigherBetter: true },
    { name: 'client CPU', unit: 'us/connection', isHigherBetter: false },
    { name: 'server CPU', unit: 'us/connection', isHigherBetter: false },
  ],
  serve: (peer) => ignoringFailures(serveEcho(peer)),
  async run(run) {
    const { connections, atOnce } = run.sizes
    const before = await run.cpu()
    const startedAt = performance.now()
    let begun = 0
    const connectAll = async (): Promise<void> => {
      while (begun < connections) {
        begun += 1
        await connectOnce(run)
        if (begun % PROGRESS_STEP === 0) run.progress(begun / connections)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, connectAll))
    const elapsedMs = performance.now() - startedAt
    const after = await run.cpu()
    run.report('rate', connections / (elapsedMs / 1000))
    run.report('client CPU', (1e6 * (after.client - before.client)) / connections)
    run.report('server CPU', (1e6 * (after.server - before.server)) / connections)
  },
}

/** The server's events: a client that closes may break the connection. */
function ignoringFailures<S extends object>(events: StreamEvents<S>): StreamEvents<S> {
  return { ...events, onFailure() {} }
}

async function connectOnce<S extends object>({ peer, address }: Run<S, HandshakesSizes>): Promise<void> {
  let dialed: Dialed<S> | undefined
  let isEchoed = false
  await new Promise<void>((resolve, reject) => {
    const events: StreamEvents<S> = {
      ...SILENT,
      onData(_stream, chunk) {
        if (chunk.length !== 1 || chunk[0] !== BYTE[0]) return reject(new Error('wrong bytes came back'))
        isEchoed = true
        resolve()
      },
      onFailure: (error) => isEchoed || reject(error),
    }
    begin(peer, address, events).then((made) => (dialed = made), reject)
  })
  await dialed?.close()
}

async function begin<S extends object>(
  peer: Peer<S>,
  address: string,
  events: StreamEvents<S>,
): Promise<Dialed<S>> {
  const dialed = await peer.dial(address, events)
  peer.write(await dialed.open(), BYTE)
  return dialed
}
