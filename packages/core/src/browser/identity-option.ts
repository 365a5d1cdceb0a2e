import { generateIdentity, openIdentity, type Identity } from '@astranet/secure/browser'
import { checkIdentity } from '../api/identity-option.js'

/** @internal The identity of the option, which has to be one. Otherwise throws a TypeError. */
export function identityNow(option: unknown): Identity {
  const checked = checkIdentity(option)
  if (checked !== undefined && typeof checked !== 'string') return checked
  throw new TypeError(
    'identity must be an Identity here, since browsers make and read keys asynchronously: use await AstraNet.create(options)',
  )
}

/** @internal The identity of the option: itself, the one of that name in IndexedDB, or a new one. */
export async function openedIdentity(option: unknown): Promise<Identity> {
  const checked = checkIdentity(option)
  if (typeof checked === 'string') return await openIdentity(checked)
  return checked ?? (await generateIdentity())
}
