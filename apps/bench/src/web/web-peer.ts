import type { ProcessCpu, Sizes, WorkFacts } from '../work.js'

/** The numbers of the work `http`. */
export type WebSizes = {
  readonly requests: number
  /** Requests before the measured ones. */
  readonly warmUp: number
  /** Requests that are in flight at once, each on a connection of its own, or a stream of HTTP/2. */
  readonly connections: number
  /** Bytes of each answer. */
  readonly answerBytes: number
}

/** A client that keeps its connections. */
export interface WebClient {
  /** Makes one request; resolves with the number of bytes of its answer. */
  get(): Promise<number>
  close(): void | Promise<void>
}

/** A server and a client of HTTP, over something. */
export interface WebPeer {
  /** Its name on the command line and in the results. */
  readonly name: string
  /** What it is, in words. */
  readonly note: string
  /** The works that it supports. */
  readonly works: readonly string[]
  /** Serves `answer` to every request; resolves with the address for clients. */
  serve(answer: Buffer): Promise<string>
  connect(address: string, connections: number): Promise<WebClient>
}

/** The context of the client's side of a work. */
export interface WebRun<Z> {
  readonly peer: WebPeer
  readonly address: string
  readonly sizes: Z
  /** Reports the part of the work that is done, from 0 to 1. */
  progress(done: number): void
  report(metric: string, value: number): void
  /** Reads the CPU time of both processes. */
  cpu(): Promise<ProcessCpu>
}

/** One work on HTTP, the same for every peer. */
export interface WebWork<Z extends Sizes = Sizes> extends WorkFacts<Z> {
  answerBytes(sizes: Z): number
  /** Rejects if an answer is wrong. */
  run(run: WebRun<Z>): Promise<void>
}
