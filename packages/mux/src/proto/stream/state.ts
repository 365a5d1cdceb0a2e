/**
 * The state of a stream, as bits of one small integer: a million streams pay 8 bytes each for it.
 *
 * Sending part (RFC 9000 section 3.1; QMux takes handing over for acknowledgement, so "Data Recvd" and "Reset Recvd"
 * are entered together with "Data Sent" and "Reset Sent"):
 *
 *     Ready -> Send            first frame sent                           ANNOUNCED
 *     Send  -> Data Sent       end() was called and all bytes are sent    FIN_QUEUED -> FIN_SENT
 *     Ready, Send -> Reset Sent  reset(), or STOP_SENDING received        RESET_QUEUED -> RESET_SENT
 *     Send  -> Reset Sent      resetAt(), when its reliable bytes are sent  RESET_AT_QUEUED -> RESET_SENT
 *
 * Receiving part (RFC 9000 section 3.2; bytes arrive in order, so "Size Known" and "Data Recvd" are one):
 *
 *     Recv -> Data Recvd       FIN received                               FIN_RECEIVED
 *     Data Recvd -> Data Read  onEnd was called                           READ_OVER
 *     Recv, Data Recvd -> Reset Recvd  RESET_STREAM received              RESET_RECEIVED
 *     Recv -> Size Known       RESET_STREAM_AT received, reliable bytes missing  RESET_AT_RECEIVED
 *     Size Known -> Reset Recvd  the reliable bytes are there             RESET_RECEIVED
 *     Reset Recvd -> Reset Read  onReset was called                       READ_OVER
 *     any -> discarding        stopSending() or eviction                  DISCARDING, READ_OVER
 */
export const StreamState = {
  /** A frame of this stream was sent: the peer knows the stream. */
  ANNOUNCED: 0x1,
  FIN_QUEUED: 0x2,
  FIN_SENT: 0x4,
  RESET_QUEUED: 0x8,
  RESET_SENT: 0x10,
  FIN_RECEIVED: 0x20,
  RESET_RECEIVED: 0x40,
  /** The end of the receiving part was delivered: nothing more is. */
  READ_OVER: 0x80,
  /** Received bytes are dropped and count as consumed. */
  DISCARDING: 0x100,
  /** STOP_SENDING is to be sent. */
  STOP_QUEUED: 0x200,
  /** In the list of streams whose small window is to be renewed. */
  RENEWAL_LISTED: 0x400,
  /** MAX_STREAM_DATA is to be sent. */
  CREDIT_QUEUED: 0x800,
  /** STREAM_DATA_BLOCKED is to be sent. */
  BLOCKED_QUEUED: 0x1000,
  /** STREAM_DATA_BLOCKED was sent for the present limit. */
  BLOCKED_SENT: 0x2000,
  /** In a ring of the scheduler. */
  SCHEDULED: 0x4000,
  /** In the list of streams with control frames to send. */
  CONTROL_LISTED: 0x8000,
  /** write() returned false: onWritable is owed. */
  WRITE_BLOCKED: 0x10000,
  /** Bytes were passed by reference: onFlushed is owed. */
  FLUSH_OWED: 0x20000,
  /** The application counts what it takes, by consume(). */
  MANUAL_CREDIT: 0x40000,
  /** The application takes no data now. */
  PAUSED: 0x80000,
  /** Inside a delivery: a nested resume() leaves the loop to the outer one. */
  DELIVERING: 0x100000,
  /** onClose was called. */
  CLOSED: 0x200000,
  /** The record left the table: the peer may open another stream. */
  REMOVED: 0x400000,
  /** The application has got this stream of the peer. */
  ACCEPTED: 0x800000,
  /** RESET_STREAM_AT is to be sent behind the bytes that are queued. */
  RESET_AT_QUEUED: 0x1000000,
  /** RESET_STREAM_AT was received: what is missing of its reliable bytes still comes. */
  RESET_AT_RECEIVED: 0x2000000,
  /** STOP_SENDING was received. */
  STOP_RECEIVED: 0x4000000,
  /** In the list of streams that refer to buffers of the application. */
  BORROW_LISTED: 0x8000000,
  /** The stream carries a connection of its own; see `Stream.carry`. */
  CARRIER: 0x10000000,
} as const

/** The sending part needs nothing more from the application: it was ended or reset. */
export const SEND_ENDED: number =
  StreamState.FIN_QUEUED | StreamState.RESET_QUEUED | StreamState.RESET_AT_QUEUED | StreamState.RESET_SENT

/** The last frame of the sending part was sent. */
export const SEND_OVER: number = StreamState.FIN_SENT | StreamState.RESET_SENT

/** Frames that are to be sent. */
export const QUEUED_FRAMES: number =
  StreamState.FIN_QUEUED |
  StreamState.RESET_QUEUED |
  StreamState.RESET_AT_QUEUED |
  StreamState.STOP_QUEUED |
  StreamState.CREDIT_QUEUED |
  StreamState.BLOCKED_QUEUED

/** The peer sends nothing more. */
export const RECEIVE_OVER: number = StreamState.FIN_RECEIVED | StreamState.RESET_RECEIVED

/** The final size is known: no more credit is given. */
export const SIZE_KNOWN: number = RECEIVE_OVER | StreamState.RESET_AT_RECEIVED
