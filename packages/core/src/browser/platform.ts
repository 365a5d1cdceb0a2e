import { systemClock } from '@astranet/interface'
import { ALPN_PROTOCOL } from '@astranet/link'
import { WebSignatures } from '@astranet/secure'
import { ws } from '@astranet/transport-ws/browser'
import { ALWAYS_ALIVE } from '../node/keep-alive.js'
import { MachineWatch } from '../node/machine-watch.js'
import { NO_CHANNEL } from '../node/report-channel.js'
import type { Origin } from '../node/origin.js'
import type { Platform } from '../node/platform.js'
import { httpStatus } from './http-status.js'
import { Listener } from './listener.js'
import { Socket } from './socket.js'

/** Browsers have no async contexts. */
const ANYWHERE: Origin = {
  runInAsyncScope: (callback, thisArg, ...args) => callback.apply(thisArg, args),
  closed: () => undefined,
}

/**
 * @internal Browsers: sockets of Web Streams, and the browser's own WebSocket. A page has neither diagnostics channels
 * nor process warnings, and a library does not write to its console, so reports of conflicts of ids, of lost
 * neighbours and of a policy that fails are dropped. The README says so.
 */
export const browser: Platform<Socket, Listener> = {
  socket: (stream, details) => new Socket(stream, details),
  callerOrigin: () => ANYWHERE,
  acceptedOrigins: () => () => ANYWHERE,
  listener: (queue) => new Listener(queue),
  transports: () => [ws({ protocol: ALPN_PROTOCOL })],
  role: 'leaf',
  variables: () => ({}),
  hostAddresses: () => [],
  hostNetworks: () => [],
  punchSockets: undefined,
  healthChecks: { tcp: undefined, httpStatus },
  publish: () => undefined,
  hasSubscribers: () => false,
  channel: () => NO_CHANNEL,
  signatures: new WebSignatures(),
  warn: () => undefined,
  // A page that ends breaks its links: the last bytes given to a WebSocket may not leave any more.
  atExit: () => () => undefined,
  keepAlive: ALWAYS_ALIVE,
  // A page does not learn its addresses, but whether it is online.
  machine: new MachineWatch({
    clock: systemClock,
    timeOfDay: Date.now,
    network: () => String((globalThis.navigator as { onLine?: boolean } | undefined)?.onLine),
  }),
}
