/** The calls that the server process answers, with argument and result. */
export interface ServerCalls {
  /** Listens and binds both services; resolves with the address to join. */
  listen(argument: undefined): Promise<{ address: string }>
  joinRouter(argument: { address: string }): Promise<undefined>
  /** Binds one more service, `late`. */
  bindLate(argument: undefined): Promise<{ boundAtMs: number }>
  /** Streams to `echo` that are open now. */
  openStreams(argument: undefined): Promise<number>
  memory(argument: undefined): Promise<Memory>
}

/** The calls that the router process answers. */
export interface RouterCalls {
  /** Listens; resolves with the address to join. */
  listen(argument: undefined): Promise<{ address: string }>
  close(argument: undefined): Promise<undefined>
}

/** The calls that the client process answers. */
export interface ClientCalls {
  /** Makes a node that joins the router alone, and finds these services. */
  joinRouter(argument: { address: string; names: readonly string[] }): Promise<undefined>
  /** When that node first saw a service. */
  seen(argument: { name: string }): Promise<{ seenAtMs: number }>
  /** When that node saw the last service go. */
  allGone(argument: undefined): Promise<{ goneAtMs: number }>
  join(argument: { address: string }): Promise<undefined>
  /** Fetches the page of the service `web`. */
  page(argument: undefined): Promise<Page>
  /** Opens streams to `echo`. */
  open(argument: { streams: number }): Promise<Opened>
  /** Sends on every stream and checks the returned bytes. */
  exchange(argument: undefined): Promise<Exchanged>
  /** Streams that are open in both directions now. */
  openStreams(argument: undefined): Promise<number>
  ping(argument: undefined): Promise<{ pingMs: number }>
  memory(argument: undefined): Promise<Memory>
  /** Closes the node that joined the server. */
  leave(argument: undefined): Promise<undefined>
  /** Closes the node that joined the router. */
  close(argument: undefined): Promise<undefined>
}

/** A page as it arrived. */
export interface Page {
  readonly status: number
  readonly bytes: number
}

/** Result of opening. */
export interface Opened {
  /** From the first dial until the last one was accepted. */
  readonly elapsedMs: number
}

/** Result of sending. */
export interface Exchanged {
  readonly sentBytes: number
  /** Bytes that returned on their stream, at their position, unchanged. */
  readonly verifiedBytes: number
  readonly elapsedMs: number
}

/** Memory of a process after a garbage collection. */
export interface Memory {
  /** Resident set size in bytes, from the operating system. */
  readonly rssBytes: number
}

/** The names of calls, and functions that answer them. */
export type Calls<T> = { [Name in keyof T]: (argument: never) => Promise<unknown> }

/** A call from the command to a process. */
export interface CallMessage {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}

/** The answer of a process, or a report of its progress. */
export type ReplyMessage =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly kind: 'error'
      readonly id: number
      readonly message: string
      readonly code: string | undefined
    }
  | { readonly kind: 'progress'; readonly done: number }
