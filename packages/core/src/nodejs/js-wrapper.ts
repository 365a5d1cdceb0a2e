import type { Duplex } from 'node:stream'

/** What `net.Socket` asks the handle of a TCP socket for: one end's address. The result is 0, or an error number. */
type ReadAddress = (this: object, into: object) => number

/** The methods of the wrapper's handle that are missing in Node. */
interface WrapperHandle {
  getpeername?: ReadAddress
  getsockname?: ReadAddress
}

/** An AstraNet socket as the wrapper has it. */
interface WrappedSocket {
  readonly remoteAddress: string | undefined
  readonly remoteFamily: string | undefined
  readonly remotePort: number | undefined
  readonly localAddress: string | undefined
  readonly localFamily: string | undefined
  readonly localPort: number | undefined
}

/**
 * Whether TLS or HTTP/2 reads the stream, through the wrapper that Node puts around a stream that has no handle of the
 * system (`JSStreamSocket`). The wrapper leaves no other trace than its listeners, so its `'data'` listener is known by
 * what it does: it gives the chunk to the wrapper's own handle.
 */
export function isWrapped(stream: Duplex): boolean {
  return stream.listeners('data').some(isOfWrapper)
}

/**
 * The wrapper has no addresses, so `remoteAddress` and the like are `undefined` on a TLS socket or HTTP/2 session over
 * it, which ask the wrapper's handle. The first wrapped socket gives the handles of all wrappers the two methods that
 * the handle of a TCP socket has for this. They know the addresses of AstraNet sockets only. Called when a socket begins
 * to flow, which is the last thing that the wrapper's constructor does.
 */
export function addressWrapper(stream: Duplex): void {
  if (areAddressed || !isWrapped(stream)) return
  areAddressed = true
  const handle = someHandle()
  // Another copy of this package was first, or Node has them itself.
  if (handle === undefined || 'getpeername' in handle || 'getsockname' in handle) return
  handle.getpeername = readAddress(({ remoteAddress, remoteFamily, remotePort }) => ({
    address: remoteAddress,
    family: remoteFamily,
    port: remotePort,
  }))
  handle.getsockname = readAddress(({ localAddress, localFamily, localPort }) => ({
    address: localAddress,
    family: localFamily,
    port: localPort,
  }))
}

/** Whether the handles of wrappers have got their methods, or cannot get them. */
let areAddressed = false

/** Any negative number is an error to `net.Socket`: this one is ENOTCONN. */
const NO_ADDRESS = -107

function isOfWrapper(listener: { readonly name: string }): boolean {
  return listener.name === 'ondata' && String(listener).includes('_handle.readBuffer(')
}

/** The prototype of the handles of all wrappers; `undefined` in a Node that has other ones. */
function someHandle(): WrapperHandle | undefined {
  const { TLSSocket, createSecureContext } = process.getBuiltinModule('node:tls')
  const { Duplex } = process.getBuiltinModule('node:stream')
  const stream = new Duplex({ read() {} })
  // An empty list: Node's many authorities need not be read.
  const secure = new TLSSocket(stream, { isServer: true, secureContext: createSecureContext({ ca: [] }) })
  const { _handle } = secure as { _handle?: { _parent?: WrapperHandle } }
  const handle = _handle?._parent
  secure.on('error', () => {})
  secure.destroy()
  if (handle === undefined || ownerOf(handle)?.stream !== stream) return undefined
  return Object.getPrototypeOf(handle) as WrapperHandle
}

function readAddress(addressOf: (socket: WrappedSocket) => { address: string | undefined }): ReadAddress {
  return function (into) {
    const stream = ownerOf(this)?.stream
    if (stream === undefined || !('remoteNode' in stream)) return NO_ADDRESS
    const address = addressOf(stream as unknown as WrappedSocket)
    if (address.address === undefined) return NO_ADDRESS
    Object.assign(into, address)
    return 0
  }
}

/** The wrapper that a handle belongs to: Node keeps it under a symbol of its own. */
function ownerOf(handle: object): { readonly stream?: Duplex } | undefined {
  const symbol = Object.getOwnPropertySymbols(handle).find(
    ({ description }) => description === 'owner_symbol',
  )
  return symbol === undefined ? undefined : (handle as Record<symbol, { stream?: Duplex }>)[symbol]
}
