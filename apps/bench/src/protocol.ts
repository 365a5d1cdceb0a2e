import type { ProcessMemory, Sizes } from './work.js'

/** What a process is told when it is started, as JSON in its first argument. */
export interface Task {
  readonly side: 'server' | 'client'
  readonly peer: string
  readonly work: string
  readonly sizes: Sizes
  /** Where the server listens; only for the client. */
  readonly address?: string
  /** The most streams that the client may hold open. */
  readonly maxOpenStreams: number
}

/** What a process says: one JSON object a line, on its standard output. */
export type Message =
  | { readonly event: 'listening'; readonly address: string }
  | { readonly event: 'progress'; readonly done: number }
  | { readonly event: 'value'; readonly metric: string; readonly value: number }
  /** Asks for a {@link Command} `memory`. */
  | { readonly event: 'memory' }
  /** Answers a {@link Command} `rss`. */
  | { readonly event: 'rss'; readonly bytes: number }
  | { readonly event: 'done' }
  | { readonly event: 'failed'; readonly message: string }

/** What a process is told while it runs: one JSON object a line, on its standard input. It ends when that ends. */
export type Command =
  /** Collect garbage, then say how much memory is left. */
  { readonly do: 'rss' } | ({ readonly do: 'memory' } & ProcessMemory)
