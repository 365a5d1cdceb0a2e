import { checkBoolean, invalidValue, type OptionNames } from '@astranet/interface/check'

/** The options of a socket, dialed or accepted; those of `net.Socket`. */
export interface SocketOptions {
  /** When `false`, this direction ends when the other side has ended its own. Default `false`, as for `net.Socket`. */
  allowHalfOpen?: boolean
  /** Sets both of the following. */
  highWaterMark?: number
  /**
   * Reading pauses when this number of bytes was read ahead of the program; an integer from 0. Default: that of Node.
   */
  readableHighWaterMark?: number
  /**
   * `write` returns false when this number of bytes waits to be sent, and behind any write that waits while the session
   * of the link is full (`maxSendBufferBytes`); an integer from 0. Default 524,288. As the buffer of a kernel, what the
   * session has copied comes in addition.
   */
  writableHighWaterMark?: number
}

/** @internal */
export const SOCKET_OPTIONS: OptionNames<SocketOptions> = {
  allowHalfOpen: true,
  highWaterMark: true,
  readableHighWaterMark: true,
  writableHighWaterMark: true,
}

/** @internal The options, checked. One object for all sockets of a listener. */
export interface CheckedSocketOptions {
  readonly allowHalfOpen: boolean
  readonly readableHighWaterMark?: number
  readonly writableHighWaterMark?: number
}

const USUAL: CheckedSocketOptions = { allowHalfOpen: false }
const HALF_OPEN: CheckedSocketOptions = { allowHalfOpen: true }

/** @internal Throws a TypeError or RangeError that names the option. */
export function checkSocketOptions(options: SocketOptions): CheckedSocketOptions {
  const { allowHalfOpen = false, highWaterMark } = options
  const readable = highWaterMark ?? options.readableHighWaterMark
  const writable = highWaterMark ?? options.writableHighWaterMark
  checkBoolean('options.allowHalfOpen', allowHalfOpen)
  if (readable === undefined && writable === undefined) return allowHalfOpen ? HALF_OPEN : USUAL
  const prefixed = highWaterMark === undefined
  return {
    allowHalfOpen,
    ...mark('readableHighWaterMark', prefixed ? 'readableHighWaterMark' : 'highWaterMark', readable),
    ...mark('writableHighWaterMark', prefixed ? 'writableHighWaterMark' : 'highWaterMark', writable),
  }
}

function mark(key: string, name: string, value: number | undefined): Record<string, number> {
  if (value === undefined) return {}
  if (Number.isInteger(value) && value >= 0) return { [key]: value }
  // As Node has it, whatever the type.
  throw invalidValue(`options.${name}`, 'is invalid', value)
}
