/**
 * Events of the streams of one side. One object serves all streams: whatever a peer needs for each stream counts as
 * memory of the peer.
 */
export interface StreamEvents<S extends object = object> {
  /** The other side opened a stream. Only where `listen` was called. */
  onStream(stream: S): void
  /** Bytes arrived, in order; they may be cut anywhere. */
  onData(stream: S, chunk: Uint8Array): void
  /** The other side has ended its direction. */
  onEnd(stream: S): void
  /** Writing may continue after a `write` that returned false. */
  onWritable(stream: S): void
  /** A stream or the connection broke: the measurement is void. */
  onFailure(error: Error): void
}

/** The dialing side's end of the connection. */
export interface Dialed<S extends object = object> {
  /** Opens a stream: at once, or when the other side allows one more. */
  open(): S | Promise<S>
  /** Closes the connection. Streams may fail. */
  close(): void | Promise<void>
}

/**
 * A measured way to have streams between two processes. The methods take streams as arguments, so that no peer needs
 * wrappers that its users would not have.
 */
export interface Peer<S extends object = object> {
  /** Its name on the command line and in the results. */
  readonly name: string
  /** Its receive windows, in words. */
  readonly windows: string
  /** The works that it supports; default all. */
  readonly works?: readonly string[]
  /** The largest number of streams that a work opens at once. */
  readonly maxOpenStreams: number
  /** Why it cannot be measured on this machine, as a sentence; `undefined` or absent: it can. */
  missing?(): string | undefined
  /** Accepts streams on a free port of 127.0.0.1; resolves with `host:port`. */
  listen(events: StreamEvents<S>): Promise<string>
  /** Connects to the address with which `listen` resolved. */
  dial(address: string, events: StreamEvents<S>): Promise<Dialed<S>>
  /** Writes `bytes`, which the peer may keep. False: wait for `onWritable`. */
  write(stream: S, bytes: Uint8Array): boolean
  /** Ends this side's direction. */
  end(stream: S): void
}

/** 2^20 bytes. */
export const MEBIBYTE: number = 1024 * 1024

/** The window of the peers named `...-1mib`, for a stream and for the whole connection, in bytes. */
export const EQUAL_WINDOW_BYTES: number = 2 ** 20
