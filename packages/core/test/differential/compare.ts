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
 * Compares events up to the first section in which some differ, since the rest only follows from that, and properties
 * in the sections before it.
 */
export function compare(plan: Plan, net: Outcome, astraNet: Outcome): Comparison {
  const found: Difference[] = [...promiseDifferences(net, astraNet)]
  for (const [index, section] of net.sections.entries()) {
    const other = astraNet.sections[index] as Section
    const events = eventDifferences(index, section, other)
    const differences = events.length > 0 ? events : stateDifferences(index, section, other)
    const scene: Scene = { plan, moves: section.moves, net: section, astraNet: other, differences }
    const meant = differences.length > 0 ? MEANT.find((each) => each.explains(scene)) : undefined
    if (meant !== undefined) return { differences: found, meant: [meant.name] }
    found.push(...differences)
    if (events.length > 0) return { differences: found, meant: [] }
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
  // After an uncaught exception Node goes on with what waits in another order.
  const isOrdered = net.uncaught.length === 0 || astraNet.uncaught.length === 0
  const listed = (entries: readonly string[]): readonly string[] => (isOrdered ? entries : entries.toSorted())
  return [
    ...SIDES.flatMap((side) => {
      const [left, right] = [net.sides[side], astraNet.sides[side]]
      return [
        ...compared(index, side, 'reads', listed(left.reads), listed(right.reads)),
        ...compared(index, side, 'writes', listed(left.writes), listed(right.writes)),
      ]
    }),
    ...compared(index, 'both', 'uncaught', net.uncaught, astraNet.uncaught),
  ]
}

/** Only of what both have. */
function stateDifferences(index: number, net: Section, astraNet: Section): readonly Difference[] {
  return SIDES.flatMap((side) => {
    const [left, right] = [net.sides[side].state, astraNet.sides[side].state]
    const names = Object.keys(left).filter((name) => name in right)
    return names.flatMap((name) => compared(index, side, name, left[name], right[name]))
  })
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

/**
 * The same for differences that are the same apart from sides and numbers: what is equal before and behind is left
 * out.
 */
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
