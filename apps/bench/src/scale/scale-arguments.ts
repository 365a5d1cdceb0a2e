import { parseArgs } from 'node:util'

/** What a measurement at scale is given. */
export interface ScaleArguments {
  /** Links of the hub, from 1. */
  readonly links: number
  /** How long each part is measured, in s. */
  readonly seconds: number
  /** How long it waits before that, in s: new links ping several times, and code is compiled. */
  readonly settleSeconds: number
  /** Leaves that come, and as many that go, in a second; 0 or more. */
  readonly changesPerSecond: number
  /** Idle tunnels through the relay, from 1. */
  readonly tunnels: number
  /** How often each setting of the relay is measured, from 1. */
  readonly rounds: number
  /** A folder for profiles of CPU time; `undefined`: none are taken. */
  readonly profile: string | undefined
}

const DEFAULTS: ScaleArguments = {
  links: 5_000,
  seconds: 30,
  settleSeconds: 12,
  changesPerSecond: 10,
  tunnels: 10_000,
  rounds: 3,
  profile: undefined,
}

/** What `--help` of both commands prints. */
export const SCALE_HELP: string = `Usage: npm run bench -- pings|hub|relay [options]

  pings  what the keep-alive of very many idle links costs one process, encrypted and in the clear
  hub    a router with very many leaves, half of them over WebSocket, some of which come and go all the time: its CPU,
         the time of an echo through it beside that of an idle hub, and what the leaves hold
  relay  bytes through one relay and two, beside a direct link, a forwarder of net.Socket.pipe, socat and haproxy where
         they are installed: throughput, CPU of each process, round trips, and what idle tunnels take in the relay

Options:
  --links <n>     links of the hub (default ${DEFAULTS.links})
  --seconds <s>   how long each part is measured (default ${DEFAULTS.seconds})
  --settle <s>    how long it waits before each part, for new links and cold code (default ${DEFAULTS.settleSeconds})
  --changes <n>   leaves that come, and as many that go, in a second (default ${DEFAULTS.changesPerSecond})
  --tunnels <n>   idle tunnels through the relay (default ${DEFAULTS.tunnels})
  --rounds <n>    how often each setting is measured, by turns ("relay" only, default ${DEFAULTS.rounds})
  --profile <dir> writes profiles of the CPU time of the hub, or of all processes of "relay", to this folder; this makes
                  them slower
  --help          prints this text

Each link needs a file descriptor: raise "ulimit -n" above the number of links.
`

/** Reads the options behind the command; `undefined` for `--help`. Throws an Error with a sentence. */
export function readScaleArguments(args: readonly string[]): ScaleArguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      links: { type: 'string', default: String(DEFAULTS.links) },
      seconds: { type: 'string', default: String(DEFAULTS.seconds) },
      settle: { type: 'string', default: String(DEFAULTS.settleSeconds) },
      changes: { type: 'string', default: String(DEFAULTS.changesPerSecond) },
      tunnels: { type: 'string', default: String(DEFAULTS.tunnels) },
      rounds: { type: 'string', default: String(DEFAULTS.rounds) },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  return {
    links: atLeast('--links', values.links, 1),
    seconds: atLeast('--seconds', values.seconds, 0.1),
    settleSeconds: atLeast('--settle', values.settle, 0),
    changesPerSecond: atLeast('--changes', values.changes, 0),
    tunnels: atLeast('--tunnels', values.tunnels, 1),
    rounds: atLeast('--rounds', values.rounds, 1),
    profile: values.profile,
  }
}

function atLeast(name: string, text: string, min: number): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= min) return value
  throw new Error(`${name} must be a number of at least ${min}, got ${JSON.stringify(text)}`)
}
