/** See `AstraNetOptions.portMapping`. */
export type PortMappingOption =
  | boolean
  | {
      /** The gateway's IPv4 address. */
      readonly gateway: string
    }

/** @internal The option, checked. Throws a `TypeError` that names it. */
export function checkPortMapping(value: PortMappingOption = false): PortMappingOption {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null)
    throw new TypeError(
      `portMapping must be a boolean or { gateway }, got ${value === null ? 'null' : typeof value}`,
    )
  const { gateway } = value
  if (typeof gateway === 'string' && /^\d{1,3}(\.\d{1,3}){3}$/.test(gateway)) return { gateway }
  throw new TypeError(`portMapping.gateway must be an IPv4 address, got ${JSON.stringify(gateway)}`)
}
