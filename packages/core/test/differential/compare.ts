import { MEANT, type Scene } from './meant.js'
import { SIDES, type Plan, type Side } from './operation.js'
import type { Outcome, Section } from './play.js'
import { brokenPromises } from './promises.js'

/** One thing that was not the same. */
export interface Difference {
  /** Index of the section. */
  readonly section: number
  readonly side: Side | 'both'
  /** `reads`, `writes`, `uncaught`, `silence`, `promises`, or a property of the socket. */
  readonly what: string
  readonly net: string
  readonly astraNet: string
}

/** What differs without being meant, and the names of what is. */
export interface Comparison {
  readonly differences: readonly Difference[]
  readonly meant: readonly string[]
}

/**
 * Compares events up to the first section in which some differ, since the rest only follows from that, and properties in
 * the sections before it.
 */
export function compare(plan: Plan, net: Outcome, astraNet: Outcome): Comparison {
  const found: Difference[] = [...promiseDifferences(net, astraNet)]
  for (const [index, section] of net.sections.entries()) {
    const other = astraNet.sections[index] as Section
    const differences = eventDifferences(index, section, other)
    if (differences.length > 0) {
      const scene: Scene = { plan, moves: section.moves, net: section, astraNet: other, differences }
      const meant = MEANT.find((each) => each.explains(scene))
      if (meant === undefined) return { differences: [...differences, ...found], meant: [] }
      return { differences: found, meant: [meant.name] }
    }
    found.push(...stateDifferences(index, section, other))
  }
  const silence = compared(net.sections.length, 'both', 'silence', net.isSilent, astraNet.isSilent)
  return { differences: [...silence, ...found], meant: [] }
}

function promiseDifferences(net: Outcome, astraNet: Outcome): readonly Difference[] {
  const kept = brokenPromises(net)
  const broken = brokenPromises(astraNet).filter((promise) => !kept.includes(promise))
  return compared(net.sections.length, 'both', 'promises', '', broken.join('; '))
}

function eventDifferences(index: number, net: Section, astraNet: Section): readonly Difference[] {
  return [
    ...SIDES.flatMap((side) => [
      ...compared(index, side, 'reads', net.sides[side].reads, astraNet.sides[side].reads),
      ...compared(index, side, 'writes', net.sides[side].writes, astraNet.sides[side].writes),
    ]),
    ...compared(index, 'both', 'uncaught', net.uncaught, astraNet.uncaught),
  ]
}

function stateDifferences(index: number, net: Section, astraNet: Section): readonly Difference[] {
  return SIDES.flatMap((side) =>
    Object.entries(net.sides[side].state).flatMap(([name, value]) =>
      compared(index, side, name, value, astraNet.sides[side].state[name]),
    ),
  )
}

function compared(
  section: number,
  side: Side | 'both',
  what: string,
  left: unknown,
  right: unknown,
): readonly Difference[] {
  const text = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value))
  const [net, astraNet] = [text(left), text(right)]
  return net === astraNet ? [] : [{ section, side, what, net, astraNet }]
}

/** The same for differences that are the same apart from sides and numbers: what is equal before and behind is left out. */
export function kindOf({ what, net, astraNet }: Difference): string {
  const [left, right] = [net.split(', '), astraNet.split(', ')]
  while (left.length > 0 && left[0] === right[0]) [left, right].forEach((list) => list.shift())
  while (left.length > 0 && left.at(-1) === right.at(-1)) [left, right].forEach((list) => list.pop())
  return `${what}: net <${general(left)}>, AstraNet <${general(right)}>`
}

function general(entries: readonly string[]): string {
  return entries
    .join(', ')
    .replace(/\d+/g, 'N')
    .replace(/\b(near|far)\b/g, 'side')
}
