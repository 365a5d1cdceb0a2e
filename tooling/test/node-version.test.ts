import { expect, test } from 'vitest'
import { unsupportedNode } from '../scripts/lib/node-version.mjs'

test.each(['20.19.0', '20.20.2', '22.0.0', '100.1.0'])(
  'Node %s is taken where >=20.19 is asked for',
  (version) => {
    expect(unsupportedNode(version, '>=20.19')).toBeUndefined()
  },
)

test.each(['20.18.9', '18.20.0', '9.99.0'])(
  'Node %s is answered with one sentence that names both versions',
  (version) => {
    expect(unsupportedNode(version, '>=20.19')).toMatch(
      new RegExp(`^AstraNet needs Node 20\\.19 or newer and this is Node ${version}: .*\\.$`),
    )
  },
)
