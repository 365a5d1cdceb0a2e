import { renameArgument } from '@astranet/interface/check'

/**
 * Runs checks that know nothing of the option whose value they look at. Their errors name the option: `maxLinks` and
 * `limits.maxLinks` become `path.maxLinks`.
 */
export function withinOption<T>(path: string, check: () => T): T {
  return renaming((name) => path + (name.includes('.') ? name.slice(name.indexOf('.')) : `.${name}`), check)
}

/** The same for a call whose options are the value; the names of its other arguments stay. */
export function withinOptions<T>(path: string, call: () => T): T {
  return renaming((name) => name.replace(/^options\./, `${path}.`), call)
}

function renaming<T>(rename: (name: string) => string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    renameArgument(error, rename)
    throw error
  }
}
