import { Catalogue, Outliers, type CatalogueOptions } from '@astranet/registry'
import { expect, it } from 'vitest'
import { Network } from './network.js'

it('options that are not known are refused, with what was perhaps meant', () => {
  const catalogue = new Network([{}]).node(0)
  const options = { role: 'node', catalogue: 'all' } as unknown as CatalogueOptions
  const wrong: [call: () => unknown, message: string][] = [
    [() => new Catalogue({ ...options, maxHeld: 1 } as never), `'options.maxHeld' is not an option`],
    [() => catalogue.setRole({ ...options, zone: 'a' } as never), `'options.zone' is not an option`],
    [
      () => catalogue.publishService({ name: 'a', port: 1, wieght: 2 } as never),
      `'options.wieght' is not an option, did you mean "weight"?`,
    ],
    [() => catalogue.services({ service: 'a' } as never), `'filter.service' is not an option`],
    [() => catalogue.watch(() => {}, { service: 'a' } as never), `'filter.service' is not an option`],
    [() => new Outliers({ maxEjectedMs: 1 } as never), `did you mean "maxEjectionMs"?`],
  ]
  for (const [call, message] of wrong)
    expect(call).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(message) }),
    )
  expect(catalogue.services()).toEqual([])
})
