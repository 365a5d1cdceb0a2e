import type { ByteDuplex } from '@astranet/interface'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { generateIdentity, secure } from '@astranet/secure'
import { dialTcp, listenTcp } from './tcp-socket.js'

/** Accepts secure pipes on a free port of 127.0.0.1; resolves with `host:port`. */
export async function listenSecure(
  onPipe: (pipe: ByteDuplex) => void,
  onFailure: (error: Error) => void,
): Promise<string> {
  const identity = await generateIdentity()
  return await listenTcp((socket) => {
    secure(fromNodeDuplex(socket), { role: 'responder', identity }).then(onPipe, onFailure)
  })
}

/** Connects to `host:port`, with a new identity. */
export async function dialSecure(address: string): Promise<ByteDuplex> {
  const socket = await dialTcp(address)
  return await secure(fromNodeDuplex(socket), { role: 'initiator', identity: await generateIdentity() })
}
