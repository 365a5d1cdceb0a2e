/** How much of an error's text is shown, in UTF-16 units. */
export const MAX_CAUSE_UNITS = 200

/**
 * What a policy has thrown, as text for a person; never throws, whatever it is. The text may quote a peer, so every
 * control, formatting or unpaired character is replaced, and what is longer than 200 UTF-16 units is cut.
 */
export function causeText(cause: unknown): string {
  const text = textOf(cause)
  const shown = text.length > MAX_CAUSE_UNITS ? `${text.slice(0, MAX_CAUSE_UNITS - 1)}…` : text
  return shown.replace(/[\p{C}\u2028\u2029]/gu, '?')
}

function textOf(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause)
  } catch {
    return 'a value that has no text'
  }
}
