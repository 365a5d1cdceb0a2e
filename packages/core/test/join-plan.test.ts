import { generateIdentity } from '@astranet/secure'
import { formatTicket } from '@astranet/ticket'
import { tcp } from '@astranet/transport-tcp'
import { expect, test } from 'vitest'
import { planOfTicket, type TicketReader } from '../src/links/join-plan.js'

const reader: TicketReader = { transportFor: () => tcp(), own: { psk: undefined } }
const addresses = ['tcp://127.0.0.1:7000']

test('a ticket that names a key expects this key, not only its id', async () => {
  const { publicKey, nodeId } = await generateIdentity()
  const { credentials } = await planOfTicket(formatTicket({ addresses, expected: publicKey }), reader)
  expect(credentials).toEqual({ psk: undefined, expectedNodeId: nodeId, expectedKey: publicKey })
})

test('a ticket without one expects any node', async () => {
  const { credentials } = await planOfTicket(formatTicket({ addresses }), reader)
  expect(credentials).toEqual({ psk: undefined })
})
