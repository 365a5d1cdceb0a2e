// Strangers: makes connections at a rate, sends the same bytes on each, and never ends one itself.
import { connect } from 'node:net'
import { argument, serve } from './children.js'

/** What the strangers do. */
export interface FloodPlan {
  /** The node's. */
  readonly address: string
  /** Where the connections come from, in turn. */
  readonly localAddresses: readonly string[]
  readonly perSecond: number
  /** What each sends, in hex. */
  readonly bytes: string
}

/** What came of it, so far. */
export interface FloodCounts {
  readonly begun: number
  readonly connected: number
  /** Closed by the node. */
  readonly closed: number
  /** Connections that the system did not make. */
  readonly failed: number
  /** The most that one of them received, in bytes. */
  readonly mostReceived: number
}

const { address, localAddresses, perSecond, bytes } = argument<FloodPlan>()
const [host = '', port] = address.split(':')
const message = Buffer.from(bytes, 'hex')
const counts = { begun: 0, connected: 0, closed: 0, failed: 0, mostReceived: 0 }
const startedAt = performance.now()

function begin(): void {
  const localAddress = localAddresses[counts.begun % localAddresses.length]
  counts.begun += 1
  const socket = connect({ host, port: Number(port), localAddress, allowHalfOpen: true, noDelay: true })
  let isConnected = false
  socket.on('connect', () => {
    isConnected = true
    counts.connected += 1
    if (message.length > 0) socket.write(message)
  })
  socket.on('data', () => (counts.mostReceived = Math.max(counts.mostReceived, socket.bytesRead)))
  socket.on('error', () => {})
  socket.on('close', () => {
    if (isConnected) counts.closed += 1
    else counts.failed += 1
  })
}

setInterval(() => {
  // On a busy machine the timer is late; the rate holds all the same.
  const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000)
  while (counts.begun < due) begin()
}, 5)
serve('ready', () => counts)
