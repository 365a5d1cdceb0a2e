import { describeOperation, SIDES } from './operation.js'
import type { Outcome, Section } from './play.js'
import type { State } from './state.js'

const COLUMN = 70

/** Both traces beside each other, section by section. Properties are shown when they differ. */
export function sideBySide(net: Outcome, astraNet: Outcome): string {
  const lines = [row('net', 'AstraNet')]
  for (const [index, section] of net.sections.entries()) {
    for (const { side, operation, wait } of section.moves)
      lines.push(`> ${side}.${describeOperation(operation)}${wait === 'turn' ? '; turn' : ''}`)
    lines.push(...rows(section, astraNet.sections[index] as Section))
  }
  return lines.join('\n')
}

function rows(net: Section, astraNet: Section): readonly string[] {
  return [
    ...SIDES.flatMap((side) => {
      const [left, right] = [net.sides[side], astraNet.sides[side]]
      return [
        ...pair(`${side} reads: `, left.reads, right.reads),
        ...pair(`${side} writes:`, left.writes, right.writes),
        ...differingState(side, left.state, right.state),
      ]
    }),
    ...pair('uncaught:', net.uncaught, astraNet.uncaught),
  ]
}

function pair(name: string, left: readonly string[], right: readonly string[]): readonly string[] {
  if (left.length === 0 && right.length === 0) return []
  return [row(`${name} ${left.join(', ')}`, `${name} ${right.join(', ')}`)]
}

function differingState(side: string, left: State, right: State): readonly string[] {
  return Object.keys(left)
    .filter((name) => left[name] !== right[name])
    .map((name) => row(`${side}.${name} ${String(left[name])}`, `${side}.${name} ${String(right[name])}`))
}

function row(left: string, right: string): string {
  if (left === right) return `    ${left}`
  return `  | ${left.padEnd(COLUMN)} | ${right}`
}
