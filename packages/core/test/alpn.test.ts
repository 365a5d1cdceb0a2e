import { expect, test } from 'vitest'
import type { ByteDuplexHandler, Connection } from '@astranet/interface'
import { ALPN_PROTOCOL } from '@astranet/link'
import { tcp, type TcpOptions } from '@astranet/transport-tcp'
import { memberTls } from './certificates.js'

const tls = memberTls()
const byDefault: TcpOptions = { tls }
const asLinksSay: TcpOptions = { tls, alpnProtocol: ALPN_PROTOCOL }

/** Ends its side with the peer's. */
function handled(connection: Connection): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const handler: ByteDuplexHandler = {
      onData: () => undefined,
      onDrain: () => undefined,
      onEnd: () => connection.end(),
      onClose: resolve,
    }
    connection.handle(handler)
  })
}

// Over TLS both sides close unless the very same protocol was agreed, and a link is never reached.
test.each([
  ['dialers', byDefault, asLinksSay],
  ['listeners', asLinksSay, byDefault],
])('%s of the TCP transport agree on the protocol of links by default', async (_, dialing, listening) => {
  let onServerClose!: (closed: Promise<Error | undefined>) => void
  const serverClosed = new Promise<Error | undefined>((resolve) => (onServerClose = resolve))
  const listener = await tcp(listening).listen('tcp4', '127.0.0.1:0', {
    onConnection: (connection) => onServerClose(handled(connection)),
  })
  const connection = await tcp(dialing).dial('tcp4', listener.address)
  const clientClosed = handled(connection)
  connection.end()
  expect(await Promise.all([clientClosed, serverClosed])).toEqual([undefined, undefined])
  await listener.close()
})
