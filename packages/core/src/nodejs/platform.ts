import { channel } from 'node:diagnostics_channel'
import type { Platform } from '../platform.js'
import { defaultTransports } from './default-transports.js'
import { Listener } from './listener.js'
import { Socket } from './socket.js'

/** @internal Node: sockets and listeners like those of `node:net`, and its diagnostics. */
export const nodejs: Platform<Socket, Listener> = {
  socket: (stream, ends, initialBytes, options) => new Socket(stream, ends, { initialBytes, ...options }),
  listener: (arrivals) => new Listener(arrivals),
  transports: ({ secret }) => defaultTransports(secret),
  publish: (name, message) => channel(name).publish(message),
  warn: (message, code) => process.emitWarning(message, { type: 'AstraNetWarning', code }),
}
