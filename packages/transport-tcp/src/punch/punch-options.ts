import type { Connection } from '@astranet/interface'
import { checkInteger, checkOptions, invalidValue, type OptionNames } from '@astranet/interface/check'
import { isIP } from 'node:net'
import type { End } from './local-socket.js'

/** What all ways of punching have in common. */
export interface PunchOptions {
  /** The peer's address as the network sees it. */
  readonly remote: End
  /** Ends the attempt: all sockets that are not connected are closed. Connections that were reported stay. */
  readonly signal: AbortSignal
  /**
   * Called before each attempt to connect, which is one SYN that the system may repeat. False: the attempt is not made,
   * because a budget is used up, and the next one follows in its turn.
   */
  readonly takeSyn: () => boolean
  /**
   * A connection with the peer's address was made; it is the caller's. More may follow until `signal` aborts: the first
   * one may lead to another program, and of several between the same two nodes only one is needed.
   */
  readonly onConnection: (connection: Connection) => void
  /** A number from 0 to 1, 1 excluded. Default `Math.random`. */
  readonly random?: () => number
}

/** The names of {@link PunchOptions}. */
export const PUNCH_NAMES: OptionNames<PunchOptions> = {
  remote: true,
  signal: true,
  takeSyn: true,
  onConnection: true,
  random: true,
}

/** Throws a `TypeError` or `RangeError` that names what is wrong or, as `names` say, not known. */
export function checkPunchOptions<T extends PunchOptions>(options: T, names: OptionNames<T>): void {
  const { remote } = checkOptions('options', options, names)
  if (isIP(remote.host) === 0) throw invalidValue('remote.host', 'must be an IP address', remote.host)
  checkInteger('remote.port', remote.port, { min: 1, max: 0xffff })
}
