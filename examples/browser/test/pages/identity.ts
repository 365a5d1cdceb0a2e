import { openIdentity } from '@astranet/secure/browser'

/** What a page knows of an identity that it has opened. */
export interface Opened {
  /** The public key in hex, if the identity was opened. */
  readonly publicKey?: string
  /** The code of the error, if it was not. */
  readonly code?: string
  /** The code of the error of an export. */
  readonly exportCode?: string | undefined
  /** The name of the error of IndexedDB that is the cause. */
  readonly cause?: string | undefined
}

/** Opens all names, each three times at once. */
async function openAll(names: string[]): Promise<Opened[]> {
  return await Promise.all(names.flatMap((name) => [open(name), open(name), open(name)]))
}

async function open(name: string | undefined): Promise<Opened> {
  try {
    const identity = await openIdentity(name)
    const signature = await identity.sign(new Uint8Array(3))
    if (signature.length !== 64) throw new Error('no signature')
    const publicKey = Array.from(identity.publicKey, (byte) => byte.toString(16).padStart(2, '0')).join('')
    return { publicKey, exportCode: await codeOf(identity.export()) }
  } catch (error) {
    const { code, cause } = error as { code?: string; cause?: Error }
    return { code: code ?? String(error), cause: cause?.name }
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return await promise.then(
    () => undefined,
    (error: { code?: string }) => error.code,
  )
}

/** Keeps another value where a name's identity would be. */
async function putElse({ name, value }: { name: string; value: unknown }): Promise<void> {
  await openIdentity('makes the database')
  const opening = indexedDB.open('astranet-identities')
  await event(opening, 'success')
  const transaction = opening.result.transaction('keys', 'readwrite')
  transaction.objectStore('keys').put(value, name)
  await event(transaction, 'complete')
  opening.result.close()
}

/** Makes the database useless for this version of the package, as a later version may. */
async function moveToLaterVersion(): Promise<void> {
  const opening = indexedDB.open('astranet-identities', 2)
  await event(opening, 'success')
  opening.result.close()
}

async function event(target: EventTarget, name: string): Promise<void> {
  await new Promise((resolve) => target.addEventListener(name, resolve, { once: true }))
}

Object.assign(globalThis, { open, openAll, putElse, moveToLaterVersion })
