import type { ByteDuplex, ByteDuplexHandler, Transport } from '@astranet/interface'

/** Bytes of the application side of all accepted connections of a transport. */
export interface ByteCounts {
  sent: number
  received: number
}

/** `transport`, with the bytes of its accepted connections counted. */
export function counted(transport: Transport, counts: ByteCounts): Transport {
  return {
    networks: transport.networks,
    dial: transport.dial.bind(transport),
    listen: (network, address, options) =>
      transport.listen(network, address, {
        ...options,
        onConnection: (connection) => {
          count(connection, counts)
          options.onConnection(connection)
        },
      }),
  }
}

function count(connection: ByteDuplex, counts: ByteCounts): void {
  const { writev, handle } = connection
  connection.writev = (chunks) => {
    for (const { length } of chunks) counts.sent += length
    return writev.call(connection, chunks)
  }
  connection.handle = (handler: ByteDuplexHandler) => {
    const onData = handler.onData.bind(handler)
    handler.onData = (chunk) => {
      counts.received += chunk.length
      onData(chunk)
    }
    handle.call(connection, handler)
  }
}
