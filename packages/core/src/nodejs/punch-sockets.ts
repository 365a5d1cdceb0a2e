import type { Connection, TransportListener } from '@astranet/interface'
import type { PunchSockets, RoundListener } from '@astranet/relay'
import { tcp } from '@astranet/transport-tcp'
import { PortMapper } from '@astranet/transport-tcp/port-mapping'
import { canSharePorts, openManyPorts, openSimultaneously, tryPorts } from '@astranet/transport-tcp/punch'
import type { PortMappingOption } from '../api/port-mapping-option.js'

/** How long one address may take to connect, in ms; a round is over by then. */
const CONNECT_TIMEOUT_MS = 10_000

/** @internal The sockets of Node.js for reaching peers behind NATs. */
export function punchSockets(portMapping: PortMappingOption): PunchSockets {
  const mapper = portMapping === false ? undefined : new PortMapper(portMapping === true ? {} : portMapping)
  const ports = new LinkPorts()
  return {
    async listen(onConnection, signal, linkPort) {
      const listener = await ports.listen(onConnection, linkPort)
      // Nobody waits for it: a link that it brings is one more way to a node.
      listener.unref?.()
      return await withMapping(listener, mapper, signal)
    },
    dial({ host, port }, signal): Promise<Connection> {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      return tcp().dial('tcp', address, { signal, timeoutMs: CONNECT_TIMEOUT_MS })
    },
    openSimultaneously,
    openManyPorts,
    tryPorts,
  }
}

/** Listeners at the ports from which links leave, at each one at most: several would divide its connections. */
class LinkPorts {
  readonly #taken = new Set<number>()

  /** At `port`, where that can be; otherwise at a free one. */
  async listen(onConnection: (connection: Connection) => void, port: number): Promise<TransportListener> {
    const events = { onConnection }
    if (port === 0 || this.#taken.has(port) || !canSharePorts())
      return await tcp().listen('tcp', ':0', events)
    this.#taken.add(port)
    try {
      const listener = await tcp({ reusePort: true }).listen('tcp', `:${port}`, events)
      const { network, address } = listener
      const close = async (): Promise<void> => {
        try {
          await listener.close()
        } finally {
          this.#taken.delete(port)
        }
      }
      return { network, address, close, unref: () => listener.unref?.() }
    } catch {
      this.#taken.delete(port)
      return await tcp().listen('tcp', ':0', events)
    }
  }
}

async function withMapping(
  listener: TransportListener,
  mapper: PortMapper | undefined,
  signal: AbortSignal,
): Promise<RoundListener> {
  const port = Number(listener.address.slice(listener.address.lastIndexOf(':') + 1))
  const mapping = await mapper?.map(port, signal)
  return {
    port,
    mapped: mapping === undefined ? [] : [mapping.external],
    async close() {
      await Promise.all([listener.close(), mapping?.close()])
    },
  }
}
