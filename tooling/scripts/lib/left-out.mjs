import { networkInterfaces } from 'node:os'

/**
 * @typedef {object} LeftOut
 * @property {string} what
 * @property {string} why
 */

/** Each returns why its tests cannot run on this machine, or `undefined` when they ran. */
const probes = [
  { what: 'tests over IPv6', why: () => (hasIpv6Loopback() ? undefined : 'this machine has no address ::1') },
  {
    what: 'tests in network namespaces',
    why: () => 'they measure, so they run alone: npm run test:netns',
  },
  { what: 'tests in a browser', why: () => 'they start Chromium: npm run test:browser' },
  {
    what: 'tests on other versions of Node',
    why: () => `this is ${process.versions.node}; .ci/run also takes the newest 22, 24 and 26`,
  },
  {
    what: 'peers on other versions of Node',
    why: () =>
      process.env.ASTRANET_NODES
        ? undefined
        : 'ASTRANET_NODES names none (paths, as in PATH); .ci/run takes the newest 22, 24 and 26',
  },
]

/**
 * What `npm test` does not run here, and why.
 *
 * @returns {LeftOut[]}
 */
export function leftOut() {
  return probes.flatMap(({ what, why }) => {
    const reason = why()
    return reason === undefined ? [] : [{ what, why: reason }]
  })
}

function hasIpv6Loopback() {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  )
}
