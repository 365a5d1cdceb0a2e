import type { TransportParameters } from '@astranet/frame'
import type { ReceiveQueue } from '../receive/queue.js'
import type { ReceiveWindow } from '../receive/session-window.js'
import type { Blocks } from '../send/blocks.js'
import type { SendQueue } from '../send/queue.js'
import type { Slab } from '../send/slab.js'
import type { SendWindow } from '../send/window.js'
import type { ResolvedLimits } from '../session/options.js'
import type { StreamExtra } from './extra.js'
import type { StreamEvents } from './handler.js'

/**
 * The state of one stream, as the parts of the session see it. `Stream` is the only class that has it. These are its
 * fields and what follows from them; its methods for the application stand on top of the parts.
 */
export interface StreamRecord {
  /** The stream's id on the wire (RFC 9000 section 2.1). Bit 0: opened by the server; bit 1: unidirectional. */
  readonly id: number
  readonly host: StreamHost
  handler: StreamEvents<StreamRecord> | undefined
  /** The bits of `StreamState`. */
  state: number
  /** RFC 9218 section 4.1: 0 (first) to 7 (last). */
  urgencyLevel: number
  /** Bytes put into frames. */
  sendOffset: number
  /** The peer's MAX_STREAM_DATA. */
  sendLimit: number
  /** Bytes written and not yet put into frames; `undefined` when there are none. */
  sendQueue: SendQueue | undefined
  /** Bytes received. */
  receiveOffset: number
  /** The MAX_STREAM_DATA the peer has; the final size once that is known. */
  receiveLimit: number
  /** Bytes the application has taken, or that were discarded. */
  consumed: number
  /** Bytes received and not yet delivered; `undefined` when there are none. */
  receiveQueue: ReceiveQueue | undefined
  /** The next stream in the scheduler's ring. */
  next: StreamRecord | undefined
  /** Its neighbours in the list of unread streams. */
  olderUnread: StreamRecord | undefined
  youngerUnread: StreamRecord | undefined
  /** What few streams need. */
  extra: StreamExtra | undefined

  readonly isLocal: boolean
  readonly isUnidirectional: boolean
  readonly canSend: boolean
  readonly canReceive: boolean
  readonly isClosed: boolean
  readonly isFlushOwed: boolean
  /** Bytes written and not yet put into a frame. */
  readonly bufferedBytes: number
  /** Bytes received and not yet consumed. */
  readonly unreadBytes: number
}

/**
 * What streams and their parts (halves, credit, windows, scheduler) need of their session. `SessionCore` implements it;
 * they know nothing else of the session.
 */
export interface StreamHost {
  readonly options: ResolvedLimits
  readonly isServer: boolean
  /** Whether the session is closing or closed: nothing can be written or received. */
  readonly isClosing: boolean
  /** Whether the connection may refer to bytes of the last flush. */
  readonly isInFlight: boolean
  /** Time of the current call, ms. */
  readonly now: number
  /** What the peer declared. */
  readonly peer: TransportParameters
  readonly liveness: { readonly minRttMs: number | undefined }

  readonly sendWindow: SendWindow
  /** Bytes written on all streams and not yet sent. */
  sendBufferedBytes: number
  /** Those of them that wait in buffers of the application: the session holds only the others. */
  borrowedBytes: number
  /** Holds small writes until they are sent. */
  readonly slab: Slab
  /** Holds what was written from memory that others use again. */
  readonly blocks: Blocks
  /** Streams that refer to buffers of the application. */
  readonly borrowed: { add(stream: StreamRecord): void }
  /** Closed streams whose bytes wait for credit. */
  readonly closed: { add(stream: StreamRecord): void }

  /** Whether what is being received is in memory that is used again for the next bytes. */
  isLending: boolean
  readonly receiveWindow: ReceiveWindow
  readonly unread: UnreadList
  /** Windows that were required and that the growth pool had no room for, in bytes by stream. */
  readonly windowRequests: Map<StreamRecord, number>

  /** The stream has data to send. */
  schedule(stream: StreamRecord): void
  /** The stream has a control frame to send. */
  queueControl(stream: StreamRecord): void
  /** The stream's small window is renewed behind the next flush. */
  renewLater(stream: StreamRecord): void
  /** Nothing that waits refers to buffers of the application any more; the flush in flight may. */
  releaseLater(stream: StreamRecord): void
  /** Calls `callback` when the next flush is about to be gathered: it may write. */
  beforeFlush(callback: () => void): void
  /** Checks soon whether both directions of the stream have ended. */
  checkEndLater(stream: StreamRecord): void
  /** Something is to be sent. */
  wake(): void
  /** Calls a handler of the application; what it throws ends its stream and becomes an uncaught exception. */
  guard(stream: StreamRecord, call: () => void): void
  /** A handler of the stream threw. */
  handlerFailed(stream: StreamRecord, error: unknown): void
}

/** The streams that hold unread bytes, as their parts see the list. */
export interface UnreadList {
  /** The stream holds unread bytes. It keeps its place if it did before. */
  add(stream: StreamRecord): void
  /** Some of the stream's bytes were taken. */
  touched(stream: StreamRecord): void
  /** The stream holds nothing any more. */
  delete(stream: StreamRecord): void
}
