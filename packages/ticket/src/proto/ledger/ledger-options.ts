import { checkInteger, checkOptions, type OptionNames } from '@astranet/interface/check'

/** How much a ledger remembers. */
export interface GrantLedgerOptions {
  /** The most grants, used and not expired: 1 to 2^20. Default 4,096. */
  readonly maxGrants?: number | undefined
  /** The most nodes of all grants together, about 60 bytes each: 1 to 2^24. Default 131,072. */
  readonly maxHolders?: number | undefined
}

/** The bounds of a ledger, checked. */
export interface LedgerLimits {
  readonly maxGrants: number
  readonly maxHolders: number
}

/** The most grants that a ledger remembers by default. */
export const DEFAULT_MAX_GRANTS = 4_096

/** The most nodes that a ledger remembers by default: twice the uses of the largest grant. */
export const DEFAULT_MAX_HOLDERS = 131_072

const NAMES: OptionNames<GrantLedgerOptions> = { maxGrants: true, maxHolders: true }

/** Throws a `TypeError` or `RangeError` that names an option that is wrong or not known. */
export function ledgerLimits(options: GrantLedgerOptions): LedgerLimits {
  checkOptions('options', options, NAMES)
  const { maxGrants = DEFAULT_MAX_GRANTS, maxHolders = DEFAULT_MAX_HOLDERS } = options
  return {
    maxGrants: checkInteger('options.maxGrants', maxGrants, { min: 1, max: 2 ** 20 }),
    maxHolders: checkInteger('options.maxHolders', maxHolders, { min: 1, max: 2 ** 24 }),
  }
}
