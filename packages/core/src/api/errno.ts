/** @internal Linux's numbers of AstraNet's codes, negative as in libuv. Used where there is no Node. */
export const LINUX_ERRNO: Readonly<Record<string, number>> = {
  EACCES: -13,
  EPIPE: -32,
  EPROTO: -71,
  EOPNOTSUPP: -95,
  EADDRINUSE: -98,
  EADDRNOTAVAIL: -99,
  ECONNABORTED: -103,
  ECONNRESET: -104,
  ETIMEDOUT: -110,
  ECONNREFUSED: -111,
  EHOSTUNREACH: -113,
  // libuv's own number, of getaddrinfo.
  ENOTFOUND: -3008,
}

/** The used parts of Node's `process` and `node:util`. */
interface NodeProcess {
  getBuiltinModule?(id: 'node:util'): { getSystemErrorMap(): Map<number, [code: string, text: string]> }
}

/** By code. Made with the first error. */
let numbers: ReadonlyMap<string, number> | undefined

/**
 * The number of a system's error code, as Node gives it in `errno`: this system's own on Node, Linux's elsewhere.
 * `undefined` for a code that is no code of a system (`ERR_SERVER_NOT_RUNNING`, `ASTRA_ERR_*`).
 */
export function errnoOf(code: string): number | undefined {
  numbers ??= new Map([...Object.entries(LINUX_ERRNO), ...ofThisSystem()])
  return numbers.get(code)
}

/** Uses the global object, because this file is for browsers, too. */
function ofThisSystem(): [code: string, errno: number][] {
  const { process } = globalThis as { process?: NodeProcess }
  const map = process?.getBuiltinModule?.('node:util').getSystemErrorMap()
  return [...(map ?? [])].map(([errno, [code]]) => [code, errno])
}
