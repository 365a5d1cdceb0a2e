import type { Peer, StreamEvents } from './peer.js'

/** Sizes of a work: numbers and lengths. Both processes receive them, so they are plain data. */
export type Sizes = Readonly<Record<string, number | readonly number[]>>

/** A metric of a work. */
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

/** CPU seconds of both processes since they began, of all threads, user and system. */
export interface ProcessCpu {
  readonly client: number
  readonly server: number
}

/** The context of the dialing side of a work. */
export interface Run<S extends object, Z> {
  readonly peer: Peer<S>
  /** Address of the other side. */
  readonly address: string
  readonly sizes: Z
  /** Reports the part of the work that is done, from 0 to 1. Cheap, but not cheap enough for every write. */
  progress(done: number): void
  /** Reports a value, which is kept even if the work fails later. */
  report(metric: string, value: number): void
  /** Measures the memory of both processes. */
  memory(): Promise<ProcessMemory>
  /** Reads the CPU time of both processes. */
  cpu(): Promise<ProcessCpu>
}

/** What every work has, whatever its peers are. */
export interface WorkFacts<Z extends Sizes = Sizes> {
  readonly name: string
  /** Its title in tables and plots. */
  readonly title: string
  /** The sizes at `scale`: 1 for published results, anything above 0 for trials. */
  sizes(scale: number): Z
  metrics(sizes: Z): readonly Metric[]
}

/** One work on streams, the same for every peer. */
export interface Work<Z extends Sizes = Sizes> extends WorkFacts<Z> {
  /** The accepting side: handles streams. An event throws if the bytes are wrong. */
  serve<S extends object>(peer: Peer<S>, sizes: Z): StreamEvents<S>
  /** The dialing side: does the work and reports each metric. Rejects if bytes were lost or wrong. */
  run<S extends object>(run: Run<S, Z>): Promise<void>
}

/** `count` at `scale`, at least `min`. */
export function scaled(count: number, scale: number, min: number): number {
  return Math.max(min, Math.round(count * scale))
}

/** Handlers that do nothing, for a side that needs only some events. */
export const SILENT: StreamEvents = {
  onStream() {},
  onData() {},
  onEnd() {},
  onWritable() {},
  onFailure(error) {
    throw error
  },
}
