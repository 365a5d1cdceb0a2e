import { systemClock } from '@astranet/interface'
import { expect, test } from 'vitest'
import { Forwarder, resolveTunnelLimits, RouteTable, StreamDuplex } from '../src/index.js'
import { catalogueOf } from './catalogues.js'

test('options that are not known are refused, with what was perhaps meant', () => {
  expect(() => resolveTunnelLimits({ maxTunnel: 1 } as never)).toThrow(
    `'limits.maxTunnel' is not an option, did you mean "maxTunnels"?`,
  )
  expect(() => new Forwarder({ clock: systemClock, secretsFor: () => undefined } as never)).toThrow(
    `'parts.secretsFor' is not an option, did you mean "secretFor"?`,
  )
  expect(() => new StreamDuplex({} as never, { clock: systemClock, address: '' } as never)).toThrow(
    `'options.address' is not an option`,
  )
})

test('a route table is made of a catalogue, and of nothing else', () => {
  for (const catalogue of [{}, null, undefined, 5])
    expect(() => new RouteTable(catalogue as never)).toThrow(
      /^The "catalogue" argument must be a Catalogue\. Received/,
    )
  expect(() => new RouteTable(catalogueOf(0), true as never)).toThrow(
    /"isEncrypted" argument must be of type function/,
  )
})
