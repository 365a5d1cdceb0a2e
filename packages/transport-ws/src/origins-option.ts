import { checkString, invalidArgument, invalidType, invalidValue } from '@astranet/interface/check'

/** How browsers write an origin of a scheme that is not for the web, such as `chrome-extension://abc`. */
const OTHER_ORIGIN = /^(?!https?:)[a-z][a-z\d+.-]*:\/\/[^\s/?#@*]+$/

/** The option `origins`, checked, as a copy. Throws a `TypeError` that names it, or an origin in it, and says what to write. */
export function checkOrigins(
  origins: readonly string[] | '*' | undefined,
): readonly string[] | '*' | undefined {
  if (origins === undefined || origins === '*') return origins
  if (typeof origins === 'string')
    throw invalidValue(
      'options.origins',
      `must be '*' or a list of origins: ['https://example.org']`,
      origins,
    )
  if (!Array.isArray(origins)) throw invalidType('options.origins', "'*' or an instance of Array", origins)
  for (const [index, origin] of origins.entries()) {
    const name = `options.origins[${index}]`
    const fault = originFault(checkString(name, origin))
    if (fault !== undefined) throw invalidArgument(name, `${fault}. Received '${origin}'`)
  }
  return [...origins]
}

/**
 * What is wrong with `text` as one of the option `origins`, and what to write: `must be an origin: write
 * "https://example.org"`. `undefined` when nothing is wrong: a browser sends exactly such a text as the origin of a page.
 */
export function originFault(text: string): string | undefined {
  // Pages without an origin, such as files, send this word.
  if (text === 'null' || OTHER_ORIGIN.test(text)) return undefined
  if (text === '*') return 'must be an origin, because "*" stands alone, not in a list'
  const { protocol = '', hostname = '', origin = '' } = URL.canParse(text) ? new URL(text) : {}
  if (!/^https?:$/.test(protocol)) return 'must be an origin such as "https://example.org"'
  if (hostname.includes('*')) return 'must be one origin: there are no patterns, so list each one'
  return origin === text ? undefined : `must be an origin: write "${origin}"`
}
