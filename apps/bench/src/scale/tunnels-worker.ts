import { once } from 'node:events'
import { connect } from 'node:net'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { Link, type LinkHandler } from '@astranet/link'
import { generateIdentity, type Identity } from '@astranet/secure'
import { answerCalls } from './worker.js'

/** Tunnels that are opened at the same time. */
const CONCURRENT = 64

/**
 * A member of the network that opens and takes tunnels, without links in them. It is returned once the router has the
 * link too: until then the router refuses tunnels to it.
 */
async function member(address: string): Promise<{ identity: Identity; link: Link }> {
  const [host = '', port] = address.split(':')
  const identity = await generateIdentity()
  const socket = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true })
  await once(socket, 'connect')
  const link = await new Promise<Link>((resolve, reject) => {
    const handler: LinkHandler = {
      onOpen: resolve,
      onStream: (of, _header, stream) => {
        of.accept(stream)
        stream.handle({ onData: () => undefined, onEnd: () => undefined })
      },
      onClose: (_, error) => reject(error ?? new Error('the link was closed')),
    }
    new Link(fromNodeDuplex(socket), {
      ...{ role: 'dialer', identity, handler },
      introduction: { incarnation: Date.now() },
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    }).start()
  })
  // The router answers once it has opened the link.
  await link.ping()
  return { identity, link }
}

const calls = {
  /** Opens so many tunnels through the router, from one member to another one; they stay open. */
  async open({ address, count }: { address: string; count: number }): Promise<void> {
    const [near, far] = await Promise.all([member(address), member(address)])
    const router = near.link.remote?.nodeId
    if (router === undefined) throw new Error('the router is not known')
    const path = [near.identity.nodeId, router, far.identity.nodeId]
    const one = (): Promise<void> =>
      new Promise((resolve, reject) => {
        near.link.dial(
          { kind: 'tunnel', path, position: 1 },
          {
            onAccepted: (_, stream) => {
              stream.handle({ onData: () => undefined, onEnd: () => undefined })
              resolve()
            },
            onFailed: (_, error) => reject(error),
          },
        )
      })
    let left = count
    const some = async (): Promise<void> => {
      while (left-- > 0) await one()
    }
    await Promise.all(Array.from({ length: CONCURRENT }, some))
  },
}

/** What the process can be asked. */
export type TunnelsCalls = typeof calls

answerCalls(calls)
