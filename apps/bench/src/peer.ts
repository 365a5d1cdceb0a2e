/**
 * What is told of streams, on the side that it was given to. One object serves all streams: what a peer needs for each of
 * them counts as its own memory.
 */
export interface StreamEvents<S extends object = object> {
  /** The other side opened a stream. Only where `listen` was called. */
  onStream(stream: S): void
  /** Bytes arrived, in order; they may be cut anywhere. */
  onData(stream: S, chunk: Uint8Array): void
  /** The other side has ended its direction. */
  onEnd(stream: S): void
  /** A `write` that returned false may go on. */
  onWritable(stream: S): void
  /** A stream or the connection broke: whatever is measured is void. */
  onFailure(error: Error): void
}

/** The dialing side's end of the connection. */
export interface Dialed<S extends object = object> {
  /** A new stream: at once where the peer can, or when it has leave to. */
  open(): S | Promise<S>
}

/**
 * One thing to measure: a way to have streams between two processes. The methods take streams as arguments, so that no
 * peer is charged for wrappers that its users would not have.
 */
export interface Peer<S extends object = object> {
  /** How the command line and the results call it. */
  readonly name: string
  /** The receive windows it runs with, in words. */
  readonly windows: string
  /** The works it can do; default all. */
  readonly works?: readonly string[]
  /** The most streams that it is asked to hold open at once. */
  readonly maxOpenStreams: number
  /** Accepts streams on a free port of 127.0.0.1; resolves with `host:port`. */
  listen(events: StreamEvents<S>): Promise<string>
  /** Connects to what `listen` resolved with. */
  dial(address: string, events: StreamEvents<S>): Promise<Dialed<S>>
  /** Hands `bytes` over for good. False: wait for `onWritable`. */
  write(stream: S, bytes: Uint8Array): boolean
  /** Ends this side's direction. */
  end(stream: S): void
}

/** 2^20 bytes. */
export const MEBIBYTE: number = 1024 * 1024

/** The window of those peers, for a stream and for the whole connection, in bytes. */
export const EQUAL_WINDOW_BYTES: number = 2 ** 20
