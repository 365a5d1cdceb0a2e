/** The most rules in one list. */
export const MAX_RULES = 1_024

/** The most patterns in one `peers`, `to` or `services`. */
export const MAX_PATTERNS_PER_LIST = 256

/** The most patterns in all rules together. One takes about 0.3 KiB. */
export const MAX_PATTERNS = 16_384

/** The longest pattern, in characters. */
export const MAX_PATTERN_CHARACTERS = 511

/** The most roles in one list. */
export const MAX_ROLES = 256

/** The most node ids and keys that one role lists. */
export const MAX_MEMBERS_PER_ROLE = 1_024

/** The longest name of a service or environment that is compared with patterns, in UTF-16 units. */
export const MAX_COMPARED_NAME_UNITS = 255

/** The longest text or file that is read as a policy, in bytes of UTF-8. */
export const MAX_POLICY_BYTES = 1_048_576
