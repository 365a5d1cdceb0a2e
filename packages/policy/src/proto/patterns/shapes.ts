/**
 * The shapes of the texts in a list, the same as in `policy.schema.json`. None of these expressions can match a text in
 * two ways, so none of them is slow.
 */

/** A node id: 64 bits, so the first of the 13 characters has four. */
export const NODE_ID: RegExp = /^[nN][a-pA-P][a-zA-Z2-7]{12}$/

/** A public key of 32 bytes in base64url, without padding: the last of the 43 characters has four bits. */
export const KEY: RegExp = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Parts of node ids, and stars. */
export const NODE_ID_GLOB: RegExp = /^[nN](?:\**[A-Za-z2-7]){0,13}\**$/

/** Parts of keys, and stars. */
export const KEY_GLOB: RegExp = /^(?:\**[A-Za-z0-9_-]){0,43}\**$/

/** The name of a role. */
export const ROLE: RegExp = /^[A-Za-z0-9._-]{1,64}$/

/** The name of a role, with or without stars. */
export const ROLE_GLOB: RegExp = /^[A-Za-z0-9._*-]{1,64}$/

/** The name of a rule: no control characters, no halves of surrogate pairs. */
export const RULE_NAME: RegExp = /^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]{1,64}$/u

/**
 * `name`, or `environment/name` where the environment may be empty or have several parts: `name`, `/name`, `part/name`,
 * `part/part/name`.
 */
export const SERVICE_GLOB: RegExp =
  /^(?:(?:[^\u0000-\u001f\u007f-\u009f\s:@/\ud800-\udfff]+(?:\/[^\u0000-\u001f\u007f-\u009f\s:@/\ud800-\udfff]+)*)?\/)?[^\u0000-\u001f\u007f-\u009f\s:@/\ud800-\udfff]+$/u
