import type { Connection } from '@astranet/interface'
import type { PunchSockets, RoundListener } from '@astranet/relay'
import { tcp } from '@astranet/transport-tcp'
import { PortMapper } from '@astranet/transport-tcp/port-mapping'
import { openManyPorts, openSimultaneously, tryPorts } from '@astranet/transport-tcp/punch'
import type { PortMappingOption } from '../api/port-mapping-option.js'

/** How long one address may take to connect, in ms; a round is over by then. */
const CONNECT_TIMEOUT_MS = 10_000

/** @internal The sockets of Node.js for reaching peers behind NATs. */
export function punchSockets(portMapping: PortMappingOption): PunchSockets {
  const mapper = portMapping === false ? undefined : new PortMapper(portMapping === true ? {} : portMapping)
  return {
    listen: (onConnection, signal) => listen(mapper, onConnection, signal),
    dial({ host, port }, signal): Promise<Connection> {
      const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
      return tcp().dial('tcp', address, { signal, timeoutMs: CONNECT_TIMEOUT_MS })
    },
    openSimultaneously,
    openManyPorts,
    tryPorts,
  }
}

async function listen(
  mapper: PortMapper | undefined,
  onConnection: (connection: Connection) => void,
  signal: AbortSignal,
): Promise<RoundListener> {
  const listener = await tcp().listen('tcp', ':0', { onConnection })
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
