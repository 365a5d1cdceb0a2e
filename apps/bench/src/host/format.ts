/** A value with three digits, and `k` or `M` for large values. */
export function formatValue(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude >= 999_500) return `${threeDigits(value / 1e6)}M`
  if (magnitude >= 9_995) return `${threeDigits(value / 1e3)}k`
  return threeDigits(value)
}

/** A ratio: `1.23 x`. */
export function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? '' : `${threeDigits(ratio)} x`
}

function threeDigits(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}
