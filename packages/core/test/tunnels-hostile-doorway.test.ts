import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { nodeIdFromBytes, systemClock, type NodeId } from '@astranet/interface'
import { StreamDuplex } from '@astranet/relay'
import { generateIdentitySync } from '@astranet/secure'
import { expect, test } from 'vitest'
import { AstraNet, formatNodeId } from '../src/index.js'
import { Member } from './member.js'
import { rawLink } from './raw-link.js'
import { place } from './router-place.js'
import { textOf, until } from './support.js'

/** A handshake of another identity in a tunnel that names `source`. Resolves when the far node has ended it. */
function pretend({ link, idBytes }: Member, source: NodeId, behind: readonly NodeId[]): Promise<void> {
  const ends = { localAddress: 'tunnel:near', remoteAddress: 'tunnel:far' }
  return new Promise((resolve, reject) =>
    link.dial(
      { kind: 'tunnel', path: [source, nodeIdFromBytes(idBytes), ...behind], position: 2 },
      {
        onAccepted: (_, stream, initialBytes) => {
          const duplex = new StreamDuplex(stream, { clock: systemClock, initialBytes, ...ends })
          rawLink(duplex, { role: 'dialer', handler: { onClose: () => resolve() } })
        },
        onFailed: (_, error) => reject(error),
      },
    ),
  )
}

test('a member that names an honest node as the source of its tunnels does not use up its handshakes', async () => {
  await using net = await place({}, { doorway: { handshakesPerSecond: 1 } })
  const { router, server, address } = net
  const identity = generateIdentitySync()
  await using member = await Member.join(address, { roles: ['router'] })
  const failures: unknown[] = []
  const onFailed = (message: unknown): void => void failures.push(message)
  await using client = new AstraNet({ identity, holePunching: false })
  await client.join('tcp4', address)
  subscribe('astranet:tunnel:failed', onFailed)
  for (let count = 0; count < 3; count++)
    await pretend(member, identity.nodeId, [router.nodeId, server.nodeId])
  await until(() => failures.length === 3)
  const socket = await client.dial('', `${formatNodeId(server.nodeId)}:7`)
  socket.end('hello')
  expect(await textOf(socket)).toBe('hello')
  unsubscribe('astranet:tunnel:failed', onFailed)
  // No handshake of the honest node was refused.
  expect(failures).toHaveLength(3)
})
