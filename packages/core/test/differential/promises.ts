import { SIDES } from './operation.js'
import type { Outcome } from './play.js'

/** What holds for every plan, also where the rest is chance. Returns what does not. */
export function brokenPromises({ sections, last }: Outcome): readonly string[] {
  return SIDES.flatMap((side) => {
    const all = [...sections, last].map(({ sides }) => sides[side])
    const reads = all.flatMap((section) => section.reads)
    const writes = all.flatMap((section) => section.writes)
    const problems = [
      ...atMostOnce(reads, ["'end'", "'close'"]),
      ...atMostOnce(writes, ["'finish'"]),
      ...callbackProblems(writes),
      ...reads.filter((entry) => entry.startsWith('WRONG DATA')),
      ...(last.sides[side].state['closed'] === true ? [] : ['never closed']),
    ]
    return problems.map((problem) => `${side}: ${problem}`)
  })
}

function atMostOnce(entries: readonly string[], events: readonly string[]): readonly string[] {
  return events
    .filter((event) => entries.filter((entry) => entry === event).length > 1)
    .map((event) => `${event} twice`)
}

/** Each callback is called, and called once. */
function callbackProblems(writes: readonly string[]): readonly string[] {
  const given = writes.filter((entry) => /^(write|end)\(.*callback\)/.test(entry)).length
  const called = writes.flatMap((entry) => /^callback (\d+)/.exec(entry)?.[1] ?? [])
  return Array.from({ length: given }, (_, index) => String(index + 1)).flatMap((number) => {
    const times = called.filter((each) => each === number).length
    return times === 1 ? [] : [`callback ${number} was called ${times} times`]
  })
}
