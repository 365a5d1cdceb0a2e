import type { Peer, StreamEvents } from './peer.js'

/** Sizes of a work: how many, how large. They go to both processes, so they are plain data. */
export type Sizes = Readonly<Record<string, number | readonly number[]>>

/** What a work measures. */
export interface Metric {
  readonly name: string
  readonly unit: string
  readonly isHigherBetter: boolean
}

/** RSS of both processes in bytes, each after a garbage collection. */
export interface ProcessMemory {
  readonly client: number
  readonly server: number
}

/** What the dialing side of a work is given. */
export interface Run<S extends object, Z> {
  readonly peer: Peer<S>
  /** Where the other side listens. */
  readonly address: string
  readonly sizes: Z
  /** Says how much of the work is done, from 0 to 1. Cheap, yet not for every write. */
  progress(done: number): void
  /** Reports a value; whatever fails later, it stands. */
  report(metric: string, value: number): void
  /** Has the memory of both processes measured. */
  memory(): Promise<ProcessMemory>
}

/** One kind of work, the same for every peer. */
export interface Work<Z extends Sizes = Sizes> {
  readonly name: string
  /** A sentence for tables and plots. */
  readonly title: string
  /** The sizes at `scale`, where 1 is what is published and more than 0 is what is tried out. */
  sizes(scale: number): Z
  metrics(sizes: Z): readonly Metric[]
  /** The accepting side: what to do with streams. Throws from an event when the bytes are wrong. */
  serve<S extends object>(peer: Peer<S>, sizes: Z): StreamEvents<S>
  /** The dialing side: does the work and reports each metric. Rejects when bytes were lost or wrong. */
  run<S extends object>(run: Run<S, Z>): Promise<void>
}

/** `count` at `scale`, at least `least`. */
export function scaled(count: number, scale: number, least: number): number {
  return Math.max(least, Math.round(count * scale))
}

/** Events of a side that no stream is opened to, or that has nothing to say to some of them. */
export const SILENT: StreamEvents = {
  onStream() {},
  onData() {},
  onEnd() {},
  onWritable() {},
  onFailure(error) {
    throw error
  },
}
