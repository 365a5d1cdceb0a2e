import { parseArgs } from 'node:util'
import { Arena, type Verdict } from './arena.js'
import { kindOf } from './compare.js'
import { describePlan, type Plan } from './operation.js'
import { planOf } from './plan.js'
import { sideBySide } from './print.js'
import { shrink } from './shrink.js'
import { netMaker } from './sockets.js'

const HELP = `Plays random plans on a pair of sockets, of node:net and of AstraNet, and compares what they do.

  npm run differential                      2,000 seeds
  npm run differential -- --seeds N         so many
  npm run differential -- --from N          beginning with this one; default 1
  npm run differential -- --seed N          this one, with both traces beside each other
  npm run differential -- --plan JSON       this plan, likewise
  npm run differential -- --kinds           groups the differences, with the smallest plan for each
  npm run differential -- --net             compares net with itself, which shows what is chance
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    plan: { type: 'string' },
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    net: { type: 'boolean', default: false },
    kinds: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else {
  const arena = await Arena.open(values.net ? netMaker : undefined)
  process.exitCode = await run(arena)
  await arena[Symbol.asyncDispose]()
}

function run(arena: Arena): Promise<number> {
  if (values.plan !== undefined) return runOne(arena, JSON.parse(values.plan) as Plan)
  if (values.seed !== undefined) return runOne(arena, planOf(Number(values.seed)))
  return runMany(arena, Number(values.from), Number(values.seeds))
}

async function runOne(arena: Arena, plan: Plan): Promise<number> {
  const verdict = await arena.judge(plan)
  process.stdout.write(report(verdict))
  return verdict.differences.length === 0 ? 0 : 1
}

async function runMany(arena: Arena, from: number, count: number): Promise<number> {
  const kinds = new Map<string, { count: number; plan: Plan }>()
  const startedAt = performance.now()
  let failures = 0
  let chances = 0
  for (let seed = from; seed < from + count; seed++) {
    const { plan, differences, isChance } = await arena.judge(planOf(seed))
    if (isChance) chances += 1
    if (differences.length === 0) continue
    failures += 1
    await arena.renew()
    for (const kind of new Set(differences.map(kindOf))) {
      const known = kinds.get(kind) ?? { count: 0, plan }
      const isSmaller = plan.moves.length < known.plan.moves.length
      kinds.set(kind, { count: known.count + 1, plan: isSmaller ? plan : known.plan })
    }
  }
  const seconds = (performance.now() - startedAt) / 1_000
  const shown = new Set<string>()
  for (const [kind, known] of [...kinds].sort(([, a], [, b]) => b.count - a.count)) {
    if (shown.has(kind)) continue
    process.stdout.write(`\n## ${known.count} seeds: ${kind}\n`)
    if (!values.kinds) continue
    const verdict = await smallest(arena, kind, known.plan)
    process.stdout.write(report(verdict))
    for (const difference of verdict.differences) shown.add(kindOf(difference))
  }
  process.stdout.write(
    `${count} seeds, ${failures} differ in ${kinds.size} kinds, ${chances} are chance; ${seconds.toFixed(1)} s\n`,
  )
  return failures === 0 ? 0 : 1
}

async function smallest(arena: Arena, kind: string, plan: Plan): Promise<Verdict> {
  const small = await shrink(plan, async (candidate) => {
    const { differences } = await arena.judge(candidate)
    if (differences.length > 0) await arena.renew()
    return differences.some((difference) => kindOf(difference) === kind)
  })
  return arena.judge(small)
}

function report({ plan, net, astraNet, differences }: Verdict): string {
  return [
    describePlan(plan),
    sideBySide(net, astraNet),
    ...differences.map(
      ({ side, what, net, astraNet }) => `differs: ${side} ${what}: net <${net}>, AstraNet <${astraNet}>`,
    ),
    `replay: npm run differential -- --plan '${JSON.stringify(plan)}'`,
    '',
  ].join('\n')
}
