import {
  generateIdentity,
  generateIdentitySync,
  openIdentityFile,
  openIdentityFileSync,
  type Identity,
} from '@astranet/secure'
import { checkIdentity } from '../api/identity-option.js'

/** @internal The identity of the option: itself, that of the file at a path, or a new one. */
export function identityNow(option: unknown): Identity {
  const checked = checkIdentity(option)
  if (typeof checked === 'string') return openIdentityFileSync(checked)
  return checked ?? generateIdentitySync()
}

/** @internal The same without blocking. */
export async function openedIdentity(option: unknown): Promise<Identity> {
  const checked = checkIdentity(option)
  if (typeof checked === 'string') return await openIdentityFile(checked)
  return checked ?? (await generateIdentity())
}
