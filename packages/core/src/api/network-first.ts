/**
 * Whether a call was made in its short form, `(address, options?)`: then what stands in place of the address is not a
 * string, and is to be checked as options. Otherwise the call is `(network, address, options?)`; no address is empty, so
 * an empty first argument is a network.
 */
export function isShortForm<T extends object>(
  first: string,
  second: string | T | undefined,
): second is T | undefined {
  return first !== '' && typeof second !== 'string'
}
