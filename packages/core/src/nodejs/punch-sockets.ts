import type { Connection } from '@astranet/interface'
import type { PunchSockets } from '@astranet/relay'
import { tcp } from '@astranet/transport-tcp'
import { openManyPorts, openSimultaneously, tryPorts } from '@astranet/transport-tcp/punch'

/** How long one address may take to connect, in ms; a round is over by then. */
const CONNECT_TIMEOUT_MS = 10_000

/** @internal The sockets of Node.js for reaching peers behind NATs. */
export const punchSockets: PunchSockets = {
  async listen(onConnection) {
    const listener = await tcp().listen('tcp', ':0', { onConnection })
    const port = Number(listener.address.slice(listener.address.lastIndexOf(':') + 1))
    return { port, close: () => listener.close() }
  },
  dial({ host, port }, signal): Promise<Connection> {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    return tcp().dial('tcp', address, { signal, timeoutMs: CONNECT_TIMEOUT_MS })
  },
  openSimultaneously,
  openManyPorts,
  tryPorts,
}
