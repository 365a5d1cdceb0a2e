import type { LinkPath, RemoteIdentity } from '@astranet/core'

/** The calls that the server process answers, with argument and result. */
export interface ServerCalls {
  /** Binds the services and joins the relay at the address. */
  join(argument: { address: string }): Promise<undefined>
  /** Binds one more service, `late`. */
  bindLate(argument: undefined): Promise<{ boundAtMs: number }>
  /** Begins to listen itself. */
  listen(argument: undefined): Promise<{ address: string; listeningAtMs: number }>
  /** Streams to `echo` that are open now. */
  openStreams(argument: undefined): Promise<number>
  memory(argument: undefined): Promise<Memory>
}

/** The calls that the relay process answers. */
export interface RelayCalls {
  /** Listens; resolves with the address to join. */
  listen(argument: undefined): Promise<{ address: string }>
  memory(argument: undefined): Promise<Memory>
  close(argument: undefined): Promise<undefined>
}

/** The calls that the client process answers. */
export interface ClientCalls {
  /** Joins the relay at the address, and finds these services. */
  join(argument: { address: string; names: readonly string[] }): Promise<undefined>
  /** When the client first saw a service. */
  seen(argument: { name: string }): Promise<{ seenAtMs: number }>
  /** When the client saw the last service go. */
  allGone(argument: undefined): Promise<{ goneAtMs: number }>
  /** Asks for a direct path to the server. Resolves with the time at which new streams began to take it. */
  moveToDirect(argument: undefined): Promise<{ movedAtMs: number }>
  /** Fetches the page of the service `web`. */
  page(argument: undefined): Promise<Page>
  /** Opens streams to `echo`. */
  open(argument: { streams: number }): Promise<Opened>
  /** Sends on every stream and checks the returned bytes. */
  exchange(argument: undefined): Promise<Exchanged>
  /** Streams that are open in both directions now. */
  openStreams(argument: undefined): Promise<number>
  /** Ends all streams. */
  closeStreams(argument: undefined): Promise<undefined>
  /** The median round trip of a byte to `echo`. */
  roundTrip(argument: undefined): Promise<{ roundTripMs: number }>
  /** Sends many bytes to `bulk` on one stream. */
  bulk(argument: undefined): Promise<Bulk>
  memory(argument: undefined): Promise<Memory>
  close(argument: undefined): Promise<undefined>
}

/** The path of streams, as `socket.path` reports it; `'mixed'` if they have different ones. */
export type Path = LinkPath['kind'] | 'mixed'

/** What protects the bytes of streams against third parties, the relay included: `remoteIdentity.security`. */
export type Protection = RemoteIdentity['security'] | 'mixed'

/** A page as it arrived. */
export interface Page {
  readonly status: number
  readonly bytes: number
}

/** Result of opening. */
export interface Opened {
  /** From the first dial until the last one was accepted. */
  readonly elapsedMs: number
  readonly path: Path
  readonly protection: Protection
}

/** Result of sending many bytes. */
export interface Bulk {
  /** From the first write until the server confirmed the last byte. */
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
