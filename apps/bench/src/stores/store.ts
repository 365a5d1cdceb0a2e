import type { ProcessMemory, Sizes, WorkFacts } from '../work.js'

/** What holds the entries, started by the server's side of a measurement. */
export interface StoreServer {
  /** Where clients connect. */
  readonly address: string
  /** Resident memory of the program that holds the entries, in bytes. Default: this process. */
  residentBytes?(): number
  /** Ends that program; resolves when it is gone. */
  close?(): Promise<void>
}

/** Numbers of what a catalogue holds. */
export type CatalogueSizes = {
  readonly nodes: number
  readonly services: number
}

/** How a fresh client got what it asked for. */
export interface Joined {
  /** Services that it holds. */
  readonly services: number
  /** Bytes of messages in both directions; `undefined` where they cannot be counted. */
  readonly wireBytes?: number
  /** The number of instances of the service `name`. */
  lookup(name: string): number | Promise<number>
  /** Ends the connection and forgets what was received. */
  close(): void | Promise<void>
}

/** A program's access to the store in the work `watch`: it writes and watches. */
export interface WatchClient {
  /** Makes the service `key` known with `value`, or changes its value. Resolves when the store has accepted it. */
  put(key: string, value: string): Promise<void>
  /** Calls `onPut` for each change that arrives from now on. Resolves when the watch is in force. */
  watch(onPut: (key: string, value: string) => void): Promise<void>
  close(): Promise<void>
}

/** A program's access to the store in the work `catalogue`. */
export interface CatalogueClient {
  /** Puts every service, unless the server's side has them from the start. */
  fill(sizes: CatalogueSizes, onProgress: (done: number) => void): Promise<void>
  /** A fresh program that gets everything and is told of changes. */
  joinAll(sizes: CatalogueSizes): Promise<Joined>
  /** A fresh program that gets the services with these names and is told of their changes. */
  joinNames(names: readonly string[]): Promise<Joined>
  close(): Promise<void>
}

/** A measured way to find services: AstraNet's catalogue, or a server that has one. */
export interface Store {
  /** Its name on the command line and in the results. */
  readonly name: string
  /** What is measured, in words. */
  readonly note: string
  /** The works that it supports; default all. */
  readonly works?: readonly string[]
  /** Which process holds the catalogue: a server, or each program that has joined. */
  readonly holder: 'server' | 'client'
  /** Why it cannot be measured on this machine, as a sentence. */
  missing?(): string | undefined
  serve(work: string, sizes: Sizes): Promise<StoreServer>
  connectWatch(address: string): Promise<WatchClient>
  connectCatalogue(address: string): Promise<CatalogueClient>
}

/** The context of the client's side of a work. */
export interface StoreRun<Z> {
  readonly store: Store
  readonly address: string
  readonly sizes: Z
  /** Reports the part of the work that is done, from 0 to 1. */
  progress(done: number): void
  /** Reports a value, which is kept even if the work fails later. */
  report(metric: string, value: number): void
  /** Measures the memory of this process and of what holds the entries. */
  memory(): Promise<ProcessMemory>
}

/** One work on catalogues, the same for every store. A store may leave out a metric that it cannot measure. */
export interface StoreWork<Z extends Sizes = Sizes> extends WorkFacts<Z> {
  /** Does the work and reports each metric. Rejects if something was lost or wrong. */
  run(run: StoreRun<Z>): Promise<void>
}
