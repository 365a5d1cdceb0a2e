import { planOf, type Plan, type PlanOptions } from './plan.js'
import { runPlan } from './simulate.js'

/** The most runs that it takes to make a failure smaller. */
const MAX_RUNS = 200

/** Leaves out of a failing plan what it fails without. Returns what is left, in words. */
export async function shrink(seed: number, options: PlanOptions): Promise<string> {
  let plan = planOf(seed, options)
  const all = plan.actions
  let message = await failureOf(plan)
  let runs = 0
  for (let size = Math.ceil(plan.actions.length / 2); size >= 1 && runs < MAX_RUNS;) {
    let hasShrunk = false
    for (let start = 0; start < plan.actions.length && runs < MAX_RUNS; runs++) {
      const actions = [...plan.actions.slice(0, start), ...plan.actions.slice(start + size)]
      const failure = await failureOf({ ...plan, actions })
      if (failure === undefined || kindOf(failure) !== kindOf(message)) start += size
      else [plan, message, hasShrunk] = [{ ...plan, actions }, failure, true]
    }
    if (size === 1 && !hasShrunk) break
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
  const lines: string[] = []
  await failureOf(plan, (line) => void lines.push(line))
  const keep = plan.actions.map((action) => all.indexOf(action)).join()
  return `with --keep '${keep}': ${message}\n${lines.join('\n')}\n`
}

/** A failure without what differs from run to run, so that a smaller plan is one for the same failure. */
function kindOf(message: string | undefined): string | undefined {
  return message?.replace(/^.*?at [\d.]+ ms: /, '').replace(/\bn[a-z2-7]{13}\b|[\d./:-]+/g, '#')
}

async function failureOf(plan: Plan, trace?: (line: string) => void): Promise<string | undefined> {
  try {
    await runPlan(plan, trace === undefined ? {} : { trace })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
