import type { Link, RemoteNode } from '@astranet/link'
import { generateIdentity, type Identity } from '@astranet/secure'
import { generateGrantId, signGrant } from '@astranet/ticket'
import { expect, test } from 'vitest'
import { Admission } from '../src/links/admission.js'
import { Grants } from '../src/links/grants.js'
import { DIRECT } from '../src/links/link-path.js'

const ACCEPTED = { role: 'acceptor', remoteAddress: '', path: DIRECT } as const

/** What tells links apart here is only that they are different objects. */
function aLink(): Link {
  return {} as Link
}

/** An admission without a policy, and what a holder of its grant for one node shows. */
async function oneUse(): Promise<{ admission: Admission; holder: (of: Identity) => RemoteNode }> {
  const issuer = await generateIdentity()
  const grantId = generateGrantId()
  const grant = await signGrant(issuer, {
    id: grantId,
    roles: [],
    uses: 1,
    expiresAt: Date.now() + 60_000,
  })
  const admission = new Admission({
    maxLinks: 1,
    grants: new Grants([issuer.publicKey]),
    linkRefusal: () => undefined,
  })
  const holder = ({ nodeId, publicKey }: Identity): RemoteNode => ({
    ...{ nodeId, publicKey, grant, grantId },
    security: 'encrypted',
  })
  return { admission, holder }
}

test('a link that ends while its grant is read uses neither the grant nor a place', async () => {
  const { admission, holder } = await oneUse()
  const [early, late] = await Promise.all([generateIdentity(), generateIdentity()])
  const link = aLink()
  const decision = admission.decide(link, holder(early), ACCEPTED)
  admission.forget(link)
  expect(await decision).toMatchObject({ message: expect.stringMatching(/the link has ended/) })
  expect(await admission.decide(aLink(), holder(late), ACCEPTED)).toMatchObject({ nodeId: late.nodeId })
})

test('a link that is open keeps both', async () => {
  const { admission, holder } = await oneUse()
  const [early, late] = await Promise.all([generateIdentity(), generateIdentity()])
  const link = aLink()
  expect(await admission.decide(link, holder(early), ACCEPTED)).toMatchObject({ nodeId: early.nodeId })
  expect(await admission.decide(aLink(), holder(late), ACCEPTED)).toMatchObject({
    message: expect.stringMatching(/the most links/),
  })
  admission.forget(link)
  expect(await admission.decide(aLink(), holder(late), ACCEPTED)).toMatchObject({
    message: expect.stringMatching(/ASTRA_ERR_TICKET_USED_UP/),
  })
})
