import type { Socket } from 'node:net'
import type { ByteDuplex } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { generateIdentity, secure, type SecureRole } from '@astranet/secure'
import { dialTcp, listenTcp } from './tcp-socket.js'

/** This process's identity, as a node has one for all its connections. */
const identity = generateIdentity()

/** Accepts secure pipes on a free port of 127.0.0.1; resolves with `host:port`. */
export function listenSecure(
  onPipe: (pipe: ByteDuplex) => void,
  onFailure: (error: Error) => void,
): Promise<string> {
  return listenTcp((socket) => {
    makeSecure(socket, 'responder').then(onPipe, onFailure)
  })
}

/** Connects to `host:port`. */
export async function dialSecure(address: string): Promise<ByteDuplex> {
  return await makeSecure(await dialTcp(address), 'initiator')
}

async function makeSecure(socket: Socket, role: SecureRole): Promise<ByteDuplex> {
  return await secure(fromNodeDuplex(socket), { role, identity: await identity })
}
