import type { DialOptions } from '../../api/dial-options.js'
import type { Socket } from '../socket.js'

/** @internal Connects to the host of a URL, see `AstraNet.httpConnect`. */
export type HostDialer = (host: string, options: DialOptions, onConnect?: () => void) => Socket
