/** A line of the log for people, made of its line of JSON. */
export function textLine(json: string): string {
  const { time, level, msg } = JSON.parse(json) as { time: string; level: string; msg?: string }
  const clock = time.slice(11, 19)
  return `${clock} ${level === 'info' ? '' : `${level}: `}${printable(msg ?? '')}\n`
}

/** Texts of peers may be in a message: a terminal must not obey them. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}
