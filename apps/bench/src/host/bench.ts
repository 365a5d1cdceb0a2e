import { storeWorks } from '../stores/works/index.js'
import { httpWork } from '../web/http-work.js'
import type { WorkFacts } from '../work.js'
import { works } from '../works/index.js'
import type { BenchArguments } from './arguments.js'
import {
  javascriptContestants,
  storeContestants,
  webContestants,
  type Contestant,
  type Skipped,
} from './contestant.js'
import { formatValue } from './format.js'
import { goContestants } from './go-contestants.js'
import { describeMachine, describeVersions } from './machine.js'
import { mallocEnvironments, type MallocName } from './malloc.js'
import { measure } from './measure.js'
import { Progress } from './progress.js'
import { Samples, type Failure, type MeasuredOnce, type Report } from './results.js'

/** One work with one malloc setting. */
interface Round {
  readonly work: WorkFacts
  readonly malloc: MallocName
  readonly contestants: readonly Contestant[]
}

/** Does all requested measurements. `onReport` receives the results of each work when they are complete. */
export async function bench(
  args: BenchArguments,
  onReport: (work: WorkFacts, malloc: MallocName, report: Report) => void,
): Promise<Report> {
  const { contestants, skipped } = await contestantsOf(args)
  const rounds = roundsOf(args, contestants)
  const progress = new Progress(rounds.reduce((sum, each) => sum + each.contestants.length * args.runs, 0))
  const header = headerOf(args, contestants, skipped)
  const reports: Report[] = []
  for (const round of rounds) {
    const report = { ...header, ...(await measureRound(round, args, progress)) }
    reports.push(report)
    onReport(round.work, round.malloc, report)
  }
  return {
    ...header,
    runs: reports.flatMap((each) => each.runs),
    failures: reports.flatMap((each) => each.failures),
    measuredOnce: reports.flatMap((each) => each.measuredOnce),
  }
}

async function contestantsOf({
  peers,
}: BenchArguments): Promise<{ contestants: Contestant[]; skipped: readonly Skipped[] }> {
  const go = await goContestants(peers)
  const ofStores = storeContestants(peers)
  const javascript = javascriptContestants(peers)
  const skipped = [...javascript.skipped, ...go.skipped, ...ofStores.skipped]
  for (const { peer, reason } of skipped) process.stderr.write(`left out: ${peer}: ${reason}\n`)
  const all = [javascript, go, ofStores].flatMap((each) => each.contestants).concat(webContestants())
  const contestants = peers.flatMap((name) => all.filter((each) => each.name === name))
  return { contestants, skipped }
}

function roundsOf({ works: names, malloc }: BenchArguments, contestants: readonly Contestant[]): Round[] {
  return [...works, ...storeWorks, httpWork]
    .filter(({ name }) => names.includes(name))
    .flatMap((work) => {
      const able = contestants.filter((each) => each.works.includes(work.name))
      return malloc.map((each) => ({ work, malloc: each, contestants: able }))
    })
    .filter((round) => round.contestants.length > 0)
}

function headerOf(
  { scale }: BenchArguments,
  contestants: readonly Contestant[],
  skipped: readonly Skipped[],
): Omit<Report, 'runs' | 'failures' | 'measuredOnce'> {
  return {
    machine: describeMachine(),
    versions: describeVersions(contestants.some(({ name }) => name.startsWith('go-'))),
    scale,
    windows: Object.fromEntries(contestants.map(({ name, windows }) => [name, windows])),
    skipped,
  }
}

/** All runs of one work: the peers take turns, in reverse order in every second run. */
async function measureRound(
  { work, malloc, contestants }: Round,
  args: BenchArguments,
  progress: Progress,
): Promise<Pick<Report, 'runs' | 'failures' | 'measuredOnce'>> {
  const sizes = work.sizes(args.scale)
  const samples = new Samples()
  for (const { name } of contestants) samples.add(name, new Map())
  const failures: Failure[] = []
  const measuredOnce: MeasuredOnce[] = []
  for (let run = 1; run <= args.runs; run++) {
    for (const contestant of run % 2 === 1 ? contestants : contestants.toReversed()) {
      const { name: peer } = contestant
      const what = `${work.name}, ${peer}, malloc ${malloc}, run ${run}`
      progress.start(what)
      if (failures.some((each) => each.peer === peer)) {
        progress.stop(what, 'left out, it failed before')
        continue
      }
      if (measuredOnce.some((each) => each.peer === peer)) {
        progress.stop(what, 'left out, it took long and is measured once')
        continue
      }
      const startedAt = performance.now()
      const environment = mallocEnvironments[malloc]
      const measurement = { contestant, work: work.name, sizes, environment, timeLimitMs: args.timeLimitMs }
      const { values, failure } = await measure(measurement, (done) => progress.update(done))
      samples.add(peer, values)
      if (run === 1 && performance.now() - startedAt > args.onceOverMs)
        measuredOnce.push({ work: work.name, peer, malloc })
      if (failure !== undefined) failures.push({ work: work.name, peer, malloc, run, reason: failure })
      progress.stop(what, failure ?? textOf(values))
    }
  }
  return { runs: samples.results(work.name, malloc, work.metrics(sizes)), failures, measuredOnce }
}

function textOf(values: ReadonlyMap<string, number>): string {
  return [...values].map(([metric, value]) => `${metric} ${formatValue(value)}`).join(', ')
}
