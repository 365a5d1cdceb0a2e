import type { ByteDuplex, MemoryUse, PipeSecurity } from '@astranet/interface'
import { fromMessagePort, type PortLike } from '@astranet/interface/message-port'
import { fromNodeDuplex, type NodeDuplex } from '@astranet/interface/node-duplex'
import { fromWebStreams, type WebStreamPair } from '@astranet/interface/web-streams'
import { checkOptions, invalidArgument, invalidType, type OptionNames } from '@astranet/interface/check'

/** What a session can run on: an ordered, reliable pipe of bytes in one of four shapes. */
export type Pipe = ByteDuplex | NodeDuplex | WebStreamPair | PortLike

/** What {@link toByteDuplex} cannot find out itself. */
export interface PipeOptions {
  /**
   * {@link ByteDuplex.security}, for example `{ isPrivate: true }` for the stdio of a child on this machine. Default: a
   * MessagePort is private, a Node socket shows its own, and nothing is known of other streams. Not for a
   * `ByteDuplex`, which has its own: a TypeError.
   */
  security?: PipeSecurity
  /**
   * For a Node `Duplex`: whether the process keeps memory that reading frees ({@link MemoryUse}). Default `'fast'`.
   */
  memory?: MemoryUse
}

const NAMES: OptionNames<PipeOptions> = { security: true, memory: true }

/** `pipe` as a byte duplex. Throws a TypeError when it has none of the four shapes, or an option is wrong or not known. */
export function toByteDuplex(pipe: Pipe, options: PipeOptions = {}): ByteDuplex {
  checkOptions('options', options, NAMES)
  if (options.security !== undefined) checkSecurity(options.security)
  if (typeof pipe === 'object' && pipe !== null) {
    if ('writev' in pipe && 'handle' in pipe) return unchanged(pipe, options)
    if ('cork' in pipe && 'pause' in pipe) return fromNodeDuplex(pipe, options)
    if ('readable' in pipe && 'writable' in pipe) return fromWebStreams(pipe, options)
    if ('postMessage' in pipe && 'addEventListener' in pipe) return fromMessagePort(pipe, options)
  }
  throw invalidType(
    'pipe',
    'a ByteDuplex, a Node Duplex, a pair { readable, writable } of Web Streams, or a MessagePort',
    pipe,
  )
}

/** A wrong value that counted as private would turn encryption off. */
function checkSecurity(security: PipeSecurity): void {
  const { isPrivate, exportKeyingMaterial } = (security as PipeSecurity | null) ?? {}
  const hasExporter = exportKeyingMaterial === undefined || typeof exportKeyingMaterial === 'function'
  if (typeof isPrivate === 'boolean' && hasExporter) return
  throw invalidType(
    'options.security',
    'an object with isPrivate, true or false, such as { isPrivate: true }',
    security,
  )
}

function unchanged(pipe: ByteDuplex, { security }: PipeOptions): ByteDuplex {
  if (security === undefined || security === pipe.security) return pipe
  throw invalidArgument('options.security', 'must not be given for a ByteDuplex, which has its own')
}
