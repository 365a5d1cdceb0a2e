import { channel, hasSubscribers } from 'node:diagnostics_channel'
import { systemClock } from '@astranet/interface'
import type { Stream } from '@astranet/mux'
import { NodeSignatures } from '@astranet/secure'
import { MachineWatch } from '../node/machine-watch.js'
import type { Platform } from '../node/platform.js'
import type { SocketDetails } from '../node/socket-details.js'
import { acceptedOrigins, callerOrigin } from './async-origin.js'
import { defaultTransports } from './default-transports.js'
import { atExit } from './exit.js'
import { httpStatus } from './health/http-status.js'
import { tcpCheck } from './health/tcp-check.js'
import { hostAddresses, hostNetworks } from './host-addresses.js'
import { keepAlive } from './keep-alive.js'
import { Listener } from './listener.js'
import { punchSockets } from './punch-sockets.js'
import { Socket } from './socket.js'

/** @internal Node: sockets and listeners like those of `node:net`, and its diagnostics. */
export const nodejs: Platform<Socket, Listener> = {
  // Bytes that arrived with the answer emit events in the constructor, so that runs in the socket's context, too.
  socket: (stream, details) => details.origin.runInAsyncScope(makeSocket, undefined, stream, details),
  callerOrigin,
  acceptedOrigins,
  listener: (queue) => new Listener(queue),
  transports: defaultTransports,
  role: 'node',
  variables: () => process.env,
  hostAddresses,
  hostNetworks,
  punchSockets,
  healthChecks: { tcp: tcpCheck, httpStatus },
  atExit,
  keepAlive,
  machine: new MachineWatch({
    clock: systemClock,
    timeOfDay: Date.now,
    network: () => hostAddresses().join(' '),
  }),
  publish: (name, message) => channel(name).publish(message),
  hasSubscribers,
  channel,
  signatures: new NodeSignatures(),
  warn: (message, code) => process.emitWarning(message, { type: 'AstraNetWarning', code }),
}

function makeSocket(stream: Stream, details: SocketDetails): Socket {
  return new Socket(stream, details)
}
