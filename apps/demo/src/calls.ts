/** What the command may ask of the server process: the argument and the result of each call. */
export interface ServerCalls {
  /** Listens, binds both services; resolves with the address to join. */
  listen(argument: undefined): Promise<{ address: string }>
  /** Streams to `echo` that are open now. */
  openStreams(argument: undefined): Promise<number>
  memory(argument: undefined): Promise<Memory>
  close(argument: undefined): Promise<undefined>
}

/** What the command may ask of the client process. */
export interface ClientCalls {
  join(argument: { address: string }): Promise<undefined>
  /** Fetches the page of the service `web`. */
  page(argument: undefined): Promise<Page>
  /** Opens streams to `echo`. */
  open(argument: { streams: number }): Promise<Opened>
  /** Sends on every stream and checks what comes back. */
  exchange(argument: undefined): Promise<Exchanged>
  /** Streams that are open in both directions now. */
  openStreams(argument: undefined): Promise<number>
  ping(argument: undefined): Promise<{ pingMs: number }>
  memory(argument: undefined): Promise<Memory>
  close(argument: undefined): Promise<undefined>
}

/** A page as it arrived. */
export interface Page {
  readonly status: number
  readonly bytes: number
}

/** What opening came to. */
export interface Opened {
  /** From the first dial until the last one was accepted. */
  readonly elapsedMs: number
}

/** What sending came to. */
export interface Exchanged {
  readonly sentBytes: number
  /** Bytes that came back on their stream, at their place, unchanged. */
  readonly verifiedBytes: number
  readonly elapsedMs: number
}

/** What a process holds, after a garbage collection. */
export interface Memory {
  /** Resident set size in bytes, as the operating system gives it. */
  readonly rssBytes: number
}

/** The names of calls, and functions that answer them. */
export type Calls<T> = { [Name in keyof T]: (argument: never) => Promise<unknown> }

/** The command asks a process. */
export interface CallMessage {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

/** A process answers, or says in between how far it is. */
export type ReplyMessage =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly kind: 'error'
      readonly id: number
      readonly message: string
      readonly code: string | undefined
    }
  | { readonly kind: 'progress'; readonly done: number }
