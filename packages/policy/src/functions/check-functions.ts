import { checkFunction, checkOneOf, invalidArgument, suggestion } from '@astranet/interface/check'
import type { FunctionName } from './ask.js'
import { shown } from '../proto/list/fault.js'
import type { PolicyFunctions } from './policy-functions.js'

const NAMES: readonly FunctionName[] = ['mayLink', 'mayDial', 'mayOffer', 'mayForward']

/**
 * `value` as functions. An instance of a class may have other members too, as long as none is a slip in a name. Throws
 * a `TypeError` that names what is wrong.
 */
export function checkPolicyFunctions(value: object): PolicyFunctions {
  const members = value as Readonly<Record<string, unknown>>
  for (const name of namesIn(value)) {
    const isSlip = name.startsWith('may') || Object.getPrototypeOf(value) === Object.prototype
    if (isSlip && !isKnown(name)) {
      const advice = suggestion(name, [...NAMES, 'rules', 'default'])
      throw invalidArgument('policy', `has an unknown key ${shown(name)}${advice}`)
    }
  }
  const found = NAMES.filter((name) => members[name] !== undefined)
  if (found.length === 0) throw invalidArgument('policy', `must have rules, or one of ${NAMES.join(', ')}`)
  for (const name of found) checkFunction(`policy.${name}`, members[name])
  const effect = members['default']
  if (effect !== undefined) checkOneOf('policy.default', effect as string, ['allow', 'deny'])
  return value
}

/** The name of a function that `policy` has, also from its class. */
export function functionIn(policy: object): FunctionName | undefined {
  return NAMES.find((name) => name in policy)
}

function isKnown(name: string): boolean {
  return name === 'default' || NAMES.some((each) => each === name)
}

/** The names of the members of `value` and its classes. */
function namesIn(value: object): string[] {
  const names = Object.keys(value)
  for (let each = proto(value); each !== null && each !== Object.prototype; each = proto(each)) {
    names.push(...Object.getOwnPropertyNames(each))
  }
  return names
}

function proto(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null
}
