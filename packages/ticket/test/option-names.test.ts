import { generateIdentity } from '@astranet/secure'
import { expect, test } from 'vitest'
import { checkGrant, formatTicket, generateGrantId, GrantLedger, readGrant, signGrant } from '../src/index.js'

test('options that are not known are refused, with what was perhaps meant', async () => {
  const identity = await generateIdentity()
  const terms = { id: generateGrantId(), roles: [], uses: 1, expiresAt: 1_000_000 }
  await expect(signGrant(identity, { ...terms, service: ['a'] } as never)).rejects.toThrow(
    `'terms.service' is not an option, did you mean "services"?`,
  )
  const grant = await readGrant(await signGrant(identity, terms))
  const check = { nowMs: 0, isIssuer: () => true, keyID: grant.id }
  await expect(checkGrant(grant, check as never)).rejects.toThrow(`did you mean "keyId"?`)
  expect(() => new GrantLedger({ maxHolder: 1 } as never)).toThrow(`did you mean "maxHolders"?`)
  const ticket = { addresses: ['tcp://127.0.0.1:1'], expect: identity.publicKey }
  expect(() => formatTicket(ticket as never)).toThrow(
    `'ticket.expect' is not an option, did you mean "expected"?`,
  )
})
