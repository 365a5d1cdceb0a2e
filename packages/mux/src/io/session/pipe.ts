import type { ByteDuplex, MemoryUse } from '@astranet/interface'
import { fromMessagePort, type PortLike } from '@astranet/interface/message-port'
import { fromNodeDuplex, type NodeDuplex } from '@astranet/interface/node-duplex'
import { fromWebStreams, type WebStreamPair } from '@astranet/interface/web-streams'

/** What a session can run on: an ordered, reliable pipe of bytes in one of four shapes. */
export type Pipe = ByteDuplex | NodeDuplex | WebStreamPair | PortLike

/** What {@link toByteDuplex} cannot find out itself. */
export interface PipeOptions {
  /**
   * {@link ByteDuplexCapabilities.confidential}. Default: `false`, for a MessagePort `true`. A `ByteDuplex` has its own value;
   * another one throws a TypeError.
   */
  confidential?: boolean
  /**
   * For a Node `Duplex`: whether the process keeps memory that reading frees ({@link MemoryUse}). Default `'fast'`.
   */
  memory?: MemoryUse
}

/** `pipe` as a byte duplex. Throws a TypeError when it has none of the four shapes. */
export function toByteDuplex(pipe: Pipe, options: PipeOptions = {}): ByteDuplex {
  if (typeof pipe === 'object' && pipe !== null) {
    if ('writev' in pipe && 'handle' in pipe) return checkSame(pipe, options)
    if ('cork' in pipe && 'pause' in pipe) return fromNodeDuplex(pipe, options)
    if ('readable' in pipe && 'writable' in pipe) return fromWebStreams(pipe, options)
    if ('postMessage' in pipe && 'addEventListener' in pipe) return fromMessagePort(pipe, options)
  }
  throw new TypeError(
    'pipe must be a ByteDuplex, a Node Duplex, a pair { readable, writable } of Web Streams, or a MessagePort',
  )
}

function checkSame(pipe: ByteDuplex, { confidential }: PipeOptions): ByteDuplex {
  const { confidential: found = false } = pipe.capabilities
  if (confidential === undefined || confidential === found) return pipe
  throw new TypeError(`confidential is ${confidential}, and the ByteDuplex says ${found}`)
}
