import { NodeProcess } from '../../../../tooling/test-support/netns/node-process.js'
import type { SessionLimits } from '../../src/index.js'

/** What runs on the connection: bytes as they are, or a session. */
export type Mode = 'raw' | 'session'

/** How one side's session is set up. */
export interface SideOptions {
  readonly mode: Mode
  readonly limits?: SessionLimits
}

/** What {@link PeerProcess.call} can ask for, and what it answers. See peer.mjs. */
export type Calls = {
  /** Takes one connection; answers as soon as the port is bound. */
  listen(options: SideOptions): { port: number }
  dial(options: SideOptions & { host: string; port: number }): { connection: number }
  /** Begins to send without an end: on the socket itself, or on so many streams of the session. */
  pour(options: { connection: number; streams: number; shape: 'raw' | 'light' | 'duplex' }): object
  /** How many bytes arrived in this time, on each stream. */
  measure(options: { ms: number }): { bytes: number[]; elapsedMs: number }
  /** Opens a stream, sends so many bytes, and answers when as many came back. */
  exchange(options: { connection: number; bytes: number }): object
  /** Sends a record of the session's protocol byte by byte, and answers when the connection ends. */
  drip(options: { host: string; port: number; intervalMs: number }): { sentBytes: number; elapsedMs: number }
  /** Whether each session that there was is over, and why. */
  sessions(): { over: { code: string; message: string } | undefined; isClosing: boolean }[]
  /** Answers when the session of this connection is over. */
  over(options: { connection: number }): { code: string; message: string; atMs: number }
  /** Answers after this time. */
  wait(options: { ms: number }): object
}

/** A process in a network namespace that does one side of a measurement. It runs the built package, as users do. */
export class PeerProcess extends NodeProcess<Calls> {
  /** Starts one in `namespace`. */
  constructor(namespace: string) {
    super(namespace, new URL('peer.mjs', import.meta.url), [])
  }
}
