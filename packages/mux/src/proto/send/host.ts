import type { TransportParameters } from '@astranet/frame'
import type { SessionEnd } from '../session/end.js'
import type { Liveness } from '../session/liveness.js'
import type { StreamWork } from '../session/stream-work.js'
import type { StreamHost, StreamRecord } from '../stream/host.js'
import type { StreamLimits } from '../stream/limits.js'
import type { DatagramQueue } from './datagram-queue.js'
import type { FlushSize } from './flush-size.js'
import type { Scheduler } from './scheduler.js'

/** What the transmitter needs of its session, besides what streams need: the sources of the frames it writes. */
export interface SendHost extends StreamHost {
  readonly end: SessionEnd
  readonly liveness: Liveness
  readonly limits: StreamLimits
  readonly work: StreamWork
  readonly scheduler: Scheduler
  readonly datagrams: DatagramQueue
  readonly flushSize: FlushSize
  readonly streams: { all(): Iterable<StreamRecord> }
  readonly hasPeerParameters: boolean
  /** What this side declares. */
  readonly ownParameters: TransportParameters
  areParametersDue: boolean
  /**
   * Raises MAX_DATA for the flush that is being gathered. Returns whether it was raised. When it is due and the memory
   * budget is used up, there is work again as soon as the budget has room.
   */
  updateSessionWindow(isDue: boolean): boolean
}
