import { channel } from 'node:diagnostics_channel'
import type { Platform } from '../platform.js'
import { defaultTransports } from './default-transports.js'
import { atExit } from './exit.js'
import { Listener } from './listener.js'
import { Socket } from './socket.js'

/** @internal Node: sockets and listeners like those of `node:net`, and its diagnostics. */
export const nodejs: Platform<Socket, Listener> = {
  socket: (stream, ends, rest, allowHalfOpen) => new Socket(stream, ends, rest, allowHalfOpen),
  listener: (arrivals) => new Listener(arrivals),
  transports: ({ secret }) => defaultTransports(secret),
  atExit,
  publish: (name, message) => channel(name).publish(message),
  warn: (message, code) => process.emitWarning(message, { type: 'AstraNetWarning', code }),
}
