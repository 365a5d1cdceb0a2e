/** The longest word for which a nearest one is looked for. */
const MAX_WORD_CHARACTERS = 64

/** The known word that differs least from `word`, if it is so near that it may be a slip. */
function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD_CHARACTERS) return undefined
  let best: string | undefined
  let leastDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const each of known) {
    if (Math.abs(each.length - word.length) >= leastDistance) continue
    const between = distance(word.toLowerCase(), each.toLowerCase())
    if (between >= leastDistance) continue
    best = each
    leastDistance = between
  }
  return best
}

/** `, did you mean "..."?` for the nearest known word, or an empty text. */
export function suggestion(word: unknown, known: Iterable<string>): string {
  const found = typeof word === 'string' ? nearest(word, known) : undefined
  return found === undefined ? '' : `, did you mean "${found}"?`
}

/** How many letters must be changed, left out, put in or swapped with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(beforeLast, j - 2) + 1)
      }
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
