import { createRequire } from 'node:module'
import type { Agent, RequestInfo, RequestInit, Response } from 'undici'

/** The module `undici`, which is loaded on the first call: a program without `fetch` does not pay for it. */
export function undici(): typeof import('undici') {
  loaded ??= createRequire(import.meta.url)('undici') as typeof import('undici')
  return loaded
}

let loaded: typeof import('undici') | undefined

/** undici's `fetch` with a dispatcher of ours, unless `init` has one. */
export function fetchOver(url: RequestInfo, init: RequestInit, dispatcher: () => Agent): Promise<Response> {
  const { fetch, Request } = undici()
  const chosen = init.dispatcher ?? dispatcher()
  // Properties that are inherited, such as the `signal` of an AbortController, are not copied with an object.
  if (Object.getPrototypeOf(init) === Object.prototype) return fetch(url, { ...init, dispatcher: chosen })
  return fetch(new Request(url, init), { dispatcher: chosen })
}
