import { secureError } from '../proto/errors.js'

const DATABASE = 'astranet-identities'
const STORE = 'keys'

/** A pair of keys as IndexedDB keeps it. */
interface KeptKeys {
  readonly publicKey: unknown
  readonly privateKey: unknown
}

/**
 * What is kept under `name`; when there is nothing, the keys of `make`, which are kept from then on. Of several pages
 * that do so at once all get the same keys. Rejects with `ASTRA_ERR_SECURE_UNAVAILABLE` where there is no IndexedDB,
 * and with its own error when it fails.
 */
export async function keptKeys(name: string, make: () => Promise<KeptKeys>): Promise<unknown> {
  const database = await openDatabase()
  try {
    const kept = await readOr(database, name, undefined)
    // A transaction ends as soon as nothing is asked of it, so the keys are made outside of one.
    return kept === undefined ? await readOr(database, name, await make()) : kept
  } finally {
    database.close()
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const { indexedDB } = globalThis as { indexedDB?: IDBFactory }
  if (indexedDB === undefined)
    throw secureError('ASTRA_ERR_SECURE_UNAVAILABLE', 'There is no IndexedDB here that keeps an identity.')
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
}

/**
 * What is kept under `name`, otherwise `keys`, which are kept then. Transactions that may write run one after the
 * other, in all pages of an origin; the result is there when the keys are on the disk.
 */
function readOr(database: IDBDatabase, name: string, keys: KeptKeys | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const mode = keys === undefined ? 'readonly' : 'readwrite'
    const transaction = database.transaction(STORE, mode, { durability: 'strict' })
    const store = transaction.objectStore(STORE)
    const reading = store.get(name) as IDBRequest<unknown>
    let result: unknown = undefined
    reading.onsuccess = () => {
      result = reading.result
      if (result !== undefined || keys === undefined) return
      store.add(keys, name)
      result = keys
    }
    transaction.oncomplete = () => resolve(result)
    transaction.onabort = () => reject(transaction.error)
  })
}
