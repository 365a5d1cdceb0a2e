/** The constants of Punycode, RFC 3492 section 5. */
const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const INITIAL_BIAS = 72
const INITIAL_CODE_POINT = 0x80
const MAX_CODE_POINT = 0x10ffff

/** Decodes a label in Punycode, without its `xn--`; `undefined` if it is none. RFC 3492 section 6.2. */
export function decodePunycode(text: string): string | undefined {
  const delimiter = text.lastIndexOf('-')
  const points = [...text.slice(0, Math.max(0, delimiter))].map((letter) => letter.charCodeAt(0))
  let [codePoint, bias, position] = [INITIAL_CODE_POINT, INITIAL_BIAS, 0]
  let at = delimiter + 1
  while (at < text.length) {
    const number = decodeNumber(text, at, bias)
    if (number === undefined) return undefined
    const steps = position + number.value
    const count = points.length + 1
    bias = adapted(number.value, count, position === 0 && codePoint === INITIAL_CODE_POINT)
    codePoint += Math.floor(steps / count)
    if (codePoint > MAX_CODE_POINT) return undefined
    points.splice(steps % count, 0, codePoint)
    position = (steps % count) + 1
    at = number.end
  }
  return String.fromCodePoint(...points)
}

/** A number of variable length at `at`, and where it ends. */
function decodeNumber(text: string, at: number, bias: number): { value: number; end: number } | undefined {
  let [value, weight] = [0, 1]
  for (let k = BASE; ; k += BASE) {
    const digit = digitOf(text.charCodeAt(at++))
    if (digit === undefined) return undefined
    value += digit * weight
    if (value > Number.MAX_SAFE_INTEGER) return undefined
    const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias))
    if (digit < threshold) return { value, end: at }
    weight *= BASE - threshold
  }
}

/** `a` to `z` are 0 to 25, `0` to `9` are 26 to 35. */
function digitOf(code: number): number | undefined {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61
  return code >= 0x30 && code <= 0x39 ? code - 0x30 + 26 : undefined
}

function adapted(delta: number, count: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? DAMP : 2))
  rest += Math.floor(rest / count)
  let k = 0
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN))
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}
