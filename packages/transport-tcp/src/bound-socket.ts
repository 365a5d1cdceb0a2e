import net, { connect, Socket, type NetConnectOpts, type SocketConstructorOpts } from 'node:net'

/** A socket that is bound and not connected yet; Node 26 and later. */
interface BoundSocket {
  /** Frees the port, unless a socket or server has taken it over. */
  close(): void
}

type BoundSocketClass = new (options: {
  readonly host: string
  readonly port: number
  /** SO_REUSEPORT: other sockets of this user may have the port too, a listener included. */
  readonly reusePort: boolean
}) => BoundSocket

let found: BoundSocketClass | false | undefined

/** Whether a dial can leave from a port at which this process listens: the runtime and the system can share ports. */
export function canSharePorts(): boolean {
  return boundSocketClass() !== undefined
}

/** `net.BoundSocket`, if Node has it and the system can share ports. It is tried once, at a loopback address. */
function boundSocketClass(): BoundSocketClass | undefined {
  if (found === undefined) found = shared() ?? false
  return found === false ? undefined : found
}

function shared(): BoundSocketClass | undefined {
  const { BoundSocket } = net as typeof net & { readonly BoundSocket?: BoundSocketClass }
  try {
    if (BoundSocket !== undefined) new BoundSocket({ host: '127.0.0.1', port: 0, reusePort: true }).close()
    return BoundSocket
  } catch {
    // The system has no SO_REUSEPORT that shares ports, for example macOS and Windows.
    return undefined
  }
}

/**
 * `net.connect`, except that a socket with a local port of its own shares it with listeners too, where the system can.
 * Errors of binding are emitted, like those of connecting.
 */
export function connectFromOwnPort(options: NetConnectOpts): Socket {
  const Bound = 'port' in options && options.localPort !== undefined ? boundSocketClass() : undefined
  if (Bound === undefined || !('port' in options)) return connect(options)
  const { localAddress: host = '0.0.0.0', localPort = 0, ...others } = options
  let handle: BoundSocket
  try {
    handle = new Bound({ host, port: localPort, reusePort: true })
  } catch (error) {
    return new Socket(others).destroy(error as Error)
  }
  try {
    return new Socket({ ...others, handle } as SocketConstructorOpts).connect(others)
  } catch (error) {
    // The socket was not made, so nothing else frees the port.
    handle.close()
    throw error
  }
}
