import { checkOptions, invalidType, invalidValue } from '@astranet/interface/check'

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
    throw invalidType('options.portMapping', 'of type boolean or an instance of Object', value)
  const { gateway } = checkOptions('options.portMapping', value, { gateway: true })
  if (typeof gateway === 'string' && /^\d{1,3}(\.\d{1,3}){3}$/.test(gateway)) return { gateway }
  throw invalidValue('options.portMapping.gateway', 'must be an IPv4 address', gateway)
}
