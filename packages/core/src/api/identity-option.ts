import type { Identity } from '@astranet/secure'
import { invalidType } from '@astranet/interface/check'

/** The option `identity`, checked: an identity, where one is kept, or nothing. Otherwise throws a TypeError. */
export function checkIdentity(option: unknown): Identity | string | undefined {
  if (option === undefined || (typeof option === 'string' && option !== '') || isIdentity(option))
    return option
  throw invalidType('options.identity', 'an Identity, or a string that says where one is kept', option)
}

/** Whether the option is an identity. */
export function isIdentity(option: unknown): option is Identity {
  const { publicKey, nodeId, sign } = (option ?? {}) as Partial<Identity>
  return publicKey instanceof Uint8Array && typeof nodeId === 'bigint' && typeof sign === 'function'
}
