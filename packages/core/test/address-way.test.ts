import type { Connection, NodeId, Transport } from '@astranet/interface'
import { VirtualClock } from '@astranet/testkit/sim'
import { expect, test } from 'vitest'
import type { LinkMaker } from '../src/links/link-maker.js'
import { AddressWay } from '../src/links/ways/address-way.js'
import type { AdvertisedTargets } from '../src/links/ways/advertised-targets.js'

const NODE = 1n as NodeId

test('the address that led to a node is dialed first the next time, until another one leads there', async () => {
  const dialed: string[] = []
  let live = 'c'
  const transport = {
    dial: (_network: string, address: string) => {
      dialed.push(address)
      return address === live ? Promise.resolve({} as Connection) : Promise.reject(new Error('nobody'))
    },
  } as unknown as Transport
  const clock = new VirtualClock()
  const targets = ['a', 'b', 'c', 'd'].map((address) => ({ transport, network: 'tcp', address }))
  const way = new AddressWay({
    ...{ clock, isAllowed: () => true, credentialsFor: () => ({ psk: undefined }) },
    targets: { of: () => targets } as unknown as AdvertisedTargets,
    maker: { adopt: () => Promise.resolve(NODE) } as unknown as LinkMaker,
  })
  const opened = async (): Promise<string[]> => {
    dialed.length = 0
    await way.open(NODE, new AbortController().signal)
    // So that those that failed may be dialed again.
    clock.advance(60_000)
    return [...dialed]
  }
  expect(await opened()).toEqual(['a', 'b', 'c'])
  expect(await opened()).toEqual(['c'])
  live = 'd'
  expect(await opened()).toEqual(['c', 'a', 'b', 'd'])
  expect(await opened()).toEqual(['d'])
  expect(way.inspect()).toMatchObject({ dialed: 9, failed: 5 })
})
