import { parseArgs } from 'node:util'
import { peers } from '../peers/index.js'
import { stores } from '../stores/index.js'
import { storeWorks } from '../stores/works/index.js'
import { httpWork } from '../web/http-work.js'
import { webPeers } from '../web/web-peers.js'
import { works } from '../works/index.js'
import { goPeerNames } from './go-contestants.js'
import { mallocNames, type MallocName } from './malloc.js'

/** The parsed command line. */
export interface BenchArguments {
  /** Names of works, in the order of the tables. */
  readonly works: readonly string[]
  /** Names of peers, in the order of the tables. */
  readonly peers: readonly string[]
  /** Number of measurements of each peer and work; at least 1. */
  readonly runs: number
  /** Factor for all sizes; above 0. */
  readonly scale: number
  readonly malloc: readonly MallocName[]
  /** Time limit of each measurement. */
  readonly timeLimitMs: number
  /** A peer that needs longer for a measurement is measured once. */
  readonly onceOverMs: number
  /** File for all results as JSON. */
  readonly json: string | undefined
  /** Folder for results and plots; `undefined`: none is written. */
  readonly out: string | undefined
  readonly isHelp: boolean
}

/** The command line is wrong; the message is a sentence that says why. */
export class UsageError extends Error {}

const DEFAULT_RUNS = 5
const QUICK = { runs: 1, scale: 0.01 }
const DEFAULT_TIME_LIMIT_S = 300
const DEFAULT_OUT = 'bench/results'

const peerNames = [...[...peers, ...stores, ...webPeers].map(({ name }) => name), ...goPeerNames]
const workNames = [...works, ...storeWorks, httpWork].map(({ name }) => name)

/** What `--help` prints. */
export const HELP: string = `Usage: npm run bench -- [options]

Measures AstraNet beside what one would use instead: the same work between two processes over 127.0.0.1, all peers by
turns, the median of several runs.

Options:
  --only <works>       some of ${workNames.join(', ')}
  --peers <peers>      some of ${peerNames.join(', ')}
  --runs <n>           how often each is measured (default ${DEFAULT_RUNS})
  --scale <x>          multiplies all sizes; what is published has 1
  --quick              --scale ${QUICK.scale} --runs ${QUICK.runs}: shows that it works, the numbers mean nothing
  --malloc <settings>  some of ${mallocNames.join(', ')} (default "default"): glibc's own, or set to keep pages
  --time-limit <s>     after so long a measurement counts as failed (default ${DEFAULT_TIME_LIMIT_S})
  --once-over <s>      a peer that needs longer than this for a measurement is measured once, not --runs times
  --json <file>        writes all results there
  --out <folder>       writes results and plots there (default ${DEFAULT_OUT} at scale 1, else nowhere)
  --help               prints this text

Exit codes: 0 every peer did every work, 1 one failed, 2 wrong arguments.
`

/** Reads the command line (without node and script). Throws a {@link UsageError}. */
export function parseArguments(args: readonly string[]): BenchArguments {
  const given = parse(args)
  const quick = given.quick === true ? QUICK : undefined
  const scale = positive('--scale', given.scale) ?? quick?.scale ?? 1
  return {
    works: some('--only', given.only, workNames) ?? workNames,
    peers: some('--peers', given.peers, peerNames) ?? peerNames,
    runs: Math.round(positive('--runs', given.runs) ?? quick?.runs ?? DEFAULT_RUNS),
    scale,
    malloc: some('--malloc', given.malloc, mallocNames) ?? ['default'],
    timeLimitMs: 1000 * (positive('--time-limit', given['time-limit']) ?? DEFAULT_TIME_LIMIT_S),
    onceOverMs: 1000 * (positive('--once-over', given['once-over']) ?? Infinity),
    json: given.json,
    out: given.out ?? (scale === 1 ? DEFAULT_OUT : undefined),
    isHelp: given.help === true,
  }
}

const options = {
  only: { type: 'string' },
  peers: { type: 'string' },
  runs: { type: 'string' },
  scale: { type: 'string' },
  quick: { type: 'boolean' },
  malloc: { type: 'string' },
  'time-limit': { type: 'string' },
  'once-over': { type: 'string' },
  json: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

type Given = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

function parse(args: readonly string[]): Given {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\.\s|\n/)
    throw new UsageError(`${sentence}; --help lists the options`)
  }
}

function some<T extends string>(
  option: string,
  text: string | undefined,
  known: readonly T[],
): T[] | undefined {
  if (text === undefined) return undefined
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !(known as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`${option}: there is no "${unknown}"; it is some of ${known.join(', ')}`)
  }
  return known.filter((name) => names.includes(name))
}

function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new UsageError(`${option} must be a number above 0, got ${JSON.stringify(text)}`)
}
