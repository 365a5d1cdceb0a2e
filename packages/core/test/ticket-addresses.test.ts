import { systemClock, type NodeId, type Transport } from '@astranet/interface'
import type { LinkGrant } from '@astranet/link'
import { expect, test } from 'vitest'
import { credentialsForOthers } from '../src/links/credentials-for-others.js'
import type { LinkCredentials } from '../src/links/link-credentials.js'
import type { LinkMaker } from '../src/links/link-maker.js'
import { StandIns } from '../src/links/stand-ins.js'
import { AddressWay } from '../src/links/ways/address-way.js'
import type { AdvertisedTargets } from '../src/links/ways/advertised-targets.js'

const BY_GRANT: LinkCredentials = { psk: undefined, grant: {} as LinkGrant }
const NOTHING: LinkCredentials = { psk: undefined }
const BY_SECRET: LinkCredentials = { psk: () => Promise.resolve(new Uint8Array(32)) }

test('a node proves what let it in at the network, and never nothing once it came in by a ticket', () => {
  const proofs = { own: NOTHING, cameInByTicket: true }
  expect(credentialsForOthers({ ...proofs, links: [NOTHING, BY_GRANT] })).toEqual(BY_GRANT)
  expect(credentialsForOthers({ ...proofs, links: [NOTHING] })).toBeUndefined()
  expect(credentialsForOthers({ ...proofs, links: [] })).toBeUndefined()
  expect(credentialsForOthers({ ...proofs, own: BY_SECRET, links: [] })).toBe(BY_SECRET)
  expect(credentialsForOthers({ ...proofs, links: [], cameInByTicket: false })).toBe(NOTHING)
})

test('an address is not dialed when there is nothing to prove there', async () => {
  let dialed = 0
  const transport = {
    dial: () => Promise.reject(new Error(`dialed ${(dialed += 1)}`)),
  } as unknown as Transport
  const targets = { of: () => [{ transport, network: 'tcp4', address: '192.0.2.1:1' }] }
  const open = async (credentials: LinkCredentials | undefined): Promise<void> => {
    const way = new AddressWay({
      ...{ clock: systemClock, isAllowed: () => true, credentialsFor: () => credentials },
      targets: targets as unknown as AdvertisedTargets,
      maker: undefined as unknown as LinkMaker,
    })
    await way.open(1n as NodeId, new AbortController().signal)
  }
  await expect(open(undefined)).rejects.toThrow(/lost/)
  expect(dialed).toBe(0)
  await expect(open(NOTHING)).rejects.toThrow(/dialed 1/)
})

test('a router is not dialed in place of a join when there is nothing to prove there', () => {
  let dialed = 0
  const transport = {
    dial: () => Promise.reject(new Error(`dialed ${(dialed += 1)}`)),
  } as unknown as Transport
  const targets = [{ transport, network: 'tcp4', address: '192.0.2.1:1' }]
  const want = (cameInByTicket: boolean): void => {
    const standIns = new StandIns({
      maker: undefined as unknown as LinkMaker,
      preferred: { hasAny: false },
      routers: () => [{ nodeId: 1n as NodeId, targets }],
      credentialsAfter: () => credentialsForOthers({ own: NOTHING, links: [], cameInByTicket }),
    })
    standIns.want(undefined)
  }
  want(true)
  expect(dialed).toBe(0)
  want(false)
  expect(dialed).toBe(1)
})
