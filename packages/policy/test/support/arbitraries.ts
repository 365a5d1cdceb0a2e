import { formatNodeId } from '@astranet/interface'
import fc from 'fast-check'
import type { PolicyList, PolicyQuestion } from '../../src/index.js'
import { keyText, peer, service } from './peers.js'

/** Few values, so that rules and questions meet. */
export const roles = ['admin', 'build', '__proto__', 'constructor'] as const
export const peers = [1n, 2n, 0x1234_5678_9abc_def0n, 0xffff_ffff_ffff_ffffn].map((id, index) =>
  peer(id, { key: index * 77, roles: index === 2 ? ['build', 'toString'] : [] }),
)
const names = ['web', 'web-2', 'admin', '__proto__', 'a*b', '', 'x\ny', 'é']
const environments = ['', 'staging', 'staging.blue', 'hasOwnProperty', 'a/b']

const ids = peers.map((each) => formatNodeId(each.nodeId))
const keys = peers.map((each) => keyText(each.publicKey))

/** A text with some of its parts replaced by stars. */
function withStars(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.nat(14), fc.integer({ min: 1, max: 14 })).map(([whole, from, length]) => {
    const start = Math.min(from, whole.length - 1)
    return `${whole.slice(0, start)}*${whole.slice(start + length)}`
  })
}

const peerPattern = fc.oneof(
  fc.constant('*'),
  fc.constantFrom(...ids, ...keys, ...ids.map((id) => id.toUpperCase()), ...keys.map((key) => `key:${key}`)),
  withStars(fc.constantFrom(...ids)).map((glob) => (glob.startsWith('n') ? glob : `n${glob}`)),
  withStars(fc.constantFrom(...keys)).map((glob) => `key:${glob}`),
  fc.constantFrom(...roles).map((role) => `role:${role}`),
  withStars(fc.constantFrom(...roles)).map((glob) => `role:${glob}`),
)

const plainName = fc.constantFrom(...names.filter((name) => name !== '' && name !== 'x\ny'))
const namePattern = fc.oneof(plainName, withStars(plainName), fc.constant('*'))
const environmentPattern = fc.constantFrom('', '*', 'staging', 'staging*', '*.blue', 'hasOwnProperty')
const servicePattern = fc.oneof(
  namePattern,
  fc.tuple(environmentPattern, namePattern).map((parts) => parts.join('/')),
)

function oneOrMore(pattern: fc.Arbitrary<string>): fc.Arbitrary<string | string[]> {
  return fc.oneof(pattern, fc.array(pattern, { minLength: 1, maxLength: 4 }))
}

const effect = fc.constantFrom('allow' as const, 'deny' as const)
const options = { requiredKeys: ['action', 'effect'] as ['action', 'effect'] }
const rule = fc.oneof(
  fc.record(
    {
      action: fc.subarray(['link', 'dial', 'offer', 'forward'] as const, { minLength: 1 }),
      peers: oneOrMore(peerPattern),
      effect,
    },
    options,
  ),
  fc.record(
    {
      action: fc.constantFrom('dial' as const, 'offer' as const, ['dial', 'offer'] as const),
      peers: oneOrMore(peerPattern),
      services: oneOrMore(servicePattern),
      effect,
    },
    options,
  ),
  fc.record(
    {
      action: fc.constant('forward' as const),
      peers: oneOrMore(peerPattern),
      to: oneOrMore(peerPattern),
      effect,
    },
    options,
  ),
)

/** Lists without a fault. Every role is listed, so that every pattern of a role has one. */
export const lists: fc.Arbitrary<PolicyList> = fc
  .record({
    members: fc.array(fc.subarray([...ids, ...keys]), { minLength: roles.length, maxLength: roles.length }),
    rules: fc.array(rule, { maxLength: 8 }),
    fallback: fc.constantFrom({}, { default: 'allow' as const }, { default: 'deny' as const }),
  })
  .map(({ members, rules, fallback }) => ({
    // From entries, so that "__proto__" is a key like any other.
    roles: Object.fromEntries(roles.map((role, index) => [role, members[index] ?? []])),
    rules: rules.map((each, index) => ({ name: `rule ${index}`, ...each })),
    ...fallback,
  }))

const somePeer = fc.constantFrom(...peers)
const someService = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...environments))
  .map(([name, environment]) => service(name, environment))

export const questions: fc.Arbitrary<PolicyQuestion> = fc.oneof(
  fc.record({ action: fc.constant('link' as const), peer: somePeer }),
  fc.record({
    action: fc.constantFrom('dial' as const, 'offer' as const),
    peer: somePeer,
    service: someService,
  }),
  fc.record({ action: fc.constant('forward' as const), from: somePeer, to: somePeer }),
)
