import { isIP } from 'node:net'
import { checkSocketOptions } from '../../api/socket-options.js'
import { NOTHING } from '../addressed-duplex.js'
import type { Given } from './arguments.js'

/** The options of a socket, as Node reads them; wrong ones were refused before. */
export function socketOptions(given: Given): ReturnType<typeof checkSocketOptions> {
  const { allowHalfOpen, highWaterMark, readableHighWaterMark, writableHighWaterMark } = given
  const marks = { highWaterMark, readableHighWaterMark, writableHighWaterMark }
  const known = Object.entries(marks).filter(([, value]) => typeof value === 'number')
  return checkSocketOptions({ allowHalfOpen: Boolean(allowHalfOpen), ...Object.fromEntries(known) })
}

/** The family of an address, if there is one. */
export function familyOf(address: string): string {
  if (address === NOTHING) return NOTHING
  return isIP(address) === 4 ? 'IPv4' : 'IPv6'
}
