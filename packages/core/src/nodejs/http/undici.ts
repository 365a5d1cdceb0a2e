import { createRequire } from 'node:module'

/** The module `undici`, which is loaded on the first call: a program without `fetch` does not pay for it. */
export function undici(): typeof import('undici') {
  loaded ??= createRequire(import.meta.url)('undici') as typeof import('undici')
  return loaded
}

let loaded: typeof import('undici') | undefined
