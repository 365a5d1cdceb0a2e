import { isIP } from 'node:net'
import { NetError } from '../../api/net-error.js'
import { isNetPort, isPath, refuseListen, type Given } from './arguments.js'
import { addressOf, isLoopback, isThisNode, LOCALHOST } from './hosts.js'
import type { NetNetwork } from './network.js'

/** @internal What a server listens on, as its `listen` was called. */
export interface ListenTarget {
  /** The host; empty when none was named. */
  readonly host: string
  /** The name of a service; `address()` returns it. */
  readonly path: string | undefined
  /** Host and port as an error, and `address()`, show them. */
  readonly shownHost: string
  readonly shownPort: number
  /** The address of both ends of a connection of this node with itself. */
  readonly loopback: string
  /** The address to bind. Throws a NetError when there is none. */
  address(network: NetNetwork): string
}

/**
 * Reads the arguments of `listen`, in Node's order. Throws Node's own error for wrong ones. `args` as they were given,
 * `options` in one form.
 */
export function listenTarget(args: readonly unknown[], options: Given): ListenTarget {
  const { signal, fd, path, host } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuseListen({ port: 0, signal })
  const isForeign = Boolean(options['_handle']) || Boolean(options['handle'])
  if (isForeign || (typeof fd === 'number' && fd >= 0)) return foreign()
  const isAny = args.length === 0 || typeof args[0] === 'function' || isEmptyPort(options)
  const port = isAny ? 0 : options['port']
  if (typeof port === 'number' || typeof port === 'string') {
    if (!isNetPort(port)) refuseListen({ port })
    return onPort(Number(port), typeof host === 'string' ? host : '')
  }
  if (isPath(path) && path !== '') return onPath(path)
  refuseListen(options)
  return foreign()
}

function isEmptyPort(options: Given): boolean {
  return options['port'] === null || ('port' in options && options['port'] === undefined)
}

function onPort(port: number, host: string): ListenTarget {
  const isOwn = isThisNode(host)
  return {
    host,
    path: undefined,
    shownHost: host === '' ? '::' : host === LOCALHOST ? '127.0.0.1' : host,
    shownPort: port,
    loopback: loopbackOf(host),
    address(network) {
      const address = addressOf(host, port === 0 ? freePort(network) : port)
      if (address === undefined || (!isOwn && isIP(host) !== 0 && !network.isSelf(host)))
        throw new NetError('EADDRNOTAVAIL', 'this is another node', { syscall: 'bind', address: host })
      return address
    },
  }
}

/** By a name: at a port of its own, so that it can be reached by name and port, too. */
function onPath(path: string): ListenTarget {
  return {
    ...{ host: '', path, shownHost: path, shownPort: -1, loopback: '127.0.0.1' },
    address: (network) => (path.includes(':') ? path : `${path}:${freePort(network)}`),
  }
}

/** A file descriptor or a handle of the system: nothing of AstraNet can listen on it. */
function foreign(): ListenTarget {
  return {
    ...{ host: '', path: undefined, shownHost: '', shownPort: -1, loopback: '127.0.0.1' },
    address() {
      throw new NetError('EINVAL', 'it is a handle of the system', { syscall: 'listen', address: '' })
    },
  }
}

function freePort(network: NetNetwork): number {
  const port = network.freePort()
  if (port !== undefined) return port
  throw new NetError('EADDRINUSE', 'all ports up to 65535 are bound', { syscall: 'bind', address: ':0' })
}

function loopbackOf(host: string): string {
  if (isIP(host) !== 0 && isLoopback(host)) return host
  return host === LOCALHOST || host === '0.0.0.0' ? '127.0.0.1' : '::ffff:127.0.0.1'
}
