import type { ProcessCpu, ProcessMemory, Sizes } from './work.js'

/** The task of a process: JSON in its first argument. */
export interface Task {
  readonly side: 'server' | 'client'
  readonly peer: string
  readonly work: string
  readonly sizes: Sizes
  /** Address of the server; only for the client. */
  readonly address?: string
  /** The largest number of streams that the client may hold open. */
  readonly maxOpenStreams: number
}

/** A message of a process: one JSON object per line, on its standard output. */
export type Message =
  | { readonly event: 'listening'; readonly address: string }
  | { readonly event: 'progress'; readonly done: number }
  | { readonly event: 'value'; readonly metric: string; readonly value: number }
  /** Requests a {@link Command} `memory`. */
  | { readonly event: 'memory' }
  /** Answers a {@link Command} `rss`. */
  | { readonly event: 'rss'; readonly bytes: number }
  /** Requests a {@link Command} `cpu`. */
  | { readonly event: 'cpu' }
  /** Answers a {@link Command} `cpu-time`. */
  | { readonly event: 'cpu-time'; readonly seconds: number }
  | { readonly event: 'done' }
  | { readonly event: 'failed'; readonly message: string }

/** A command to a process: one JSON object per line, on its standard input. The process exits when its input ends. */
export type Command =
  /** Collect garbage, then report the memory. */
  | { readonly do: 'rss' }
  /** Report the CPU time. */
  | { readonly do: 'cpu-time' }
  | ({ readonly do: 'memory' } & ProcessMemory)
  | ({ readonly do: 'cpu' } & ProcessCpu)
