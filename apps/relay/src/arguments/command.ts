import { Command, Option } from 'commander'
import { VERSION } from '../version.js'
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../log/log-options.js'
import { AFTER_HELP } from './after-help.js'
import { integerFrom } from './numbers.js'

/** How long open streams may go on when the relay leaves, by default, in s. */
export const DEFAULT_DRAIN_SECONDS = 30

/** The most that `--drain` takes, in s: a day. */
export const MAX_DRAIN_SECONDS = 86_400

/** How many links the relay has at most by default. */
export const DEFAULT_MAX_LINKS = 1_024

/** How many tunnels lead through the relay at most by default, and how many of one node. */
export const DEFAULT_MAX_TUNNELS = 16_384
export const DEFAULT_MAX_NODE_TUNNELS = 1_024

/** Where the admin server listens by default. */
export const DEFAULT_ADMIN = '127.0.0.1:9090'

/** The options as commander reads them: each is what it should be by itself. */
export interface RawOptions {
  readonly listen: readonly string[]
  readonly join: readonly string[]
  readonly advertise: readonly string[]
  readonly secretFile?: string
  readonly policy?: string
  readonly identityFile?: string
  readonly insecure: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsCa?: string
  readonly wsOrigin: readonly string[]
  readonly maxLinks: number
  readonly maxTunnels: number
  readonly maxNodeTunnels: number
  /** Bytes in a second; `undefined`: no limit. */
  readonly maxNodeRate?: number
  /** `false`: there is no admin server. */
  readonly admin: string | false
  readonly adminPublic: boolean
  readonly drain: number
  readonly log?: LogFormat
  readonly logLevel: LogLevel
}

/** The command with its options. Every option that takes a value can come from the environment, too. */
export function relayCommand(): Command {
  const command = new Command('astranet-relay')
    .description('A relay for AstraNet: nodes join it, and find and reach each other through it.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('--help', 'print this text')
    .allowExcessArguments(false)
    .addHelpText('after', AFTER_HELP)
  for (const option of [...networkOptions(), ...limitOptions(), ...accessOptions(), ...runningOptions()])
    command.addOption(option)
  return command
}

function networkOptions(): Option[] {
  return [
    list(
      '--listen <address>',
      'ASTRANET_LISTEN',
      'where nodes join, for example tcp://0.0.0.0:10000 (repeatable)',
    ),
    list('--join <address>', 'ASTRANET_JOIN', 'another relay to join and to stay joined to (repeatable)'),
    list(
      '--advertise <address>',
      'ASTRANET_ADVERTISE',
      'where other nodes reach the relay, if not where it listens (repeatable)',
    ),
    value('--tls-cert <file>', 'ASTRANET_TLS_CERT', 'certificate for tls:// and wss://, in PEM'),
    value('--tls-key <file>', 'ASTRANET_TLS_KEY', 'its private key, in PEM'),
    value(
      '--tls-ca <file>',
      'ASTRANET_TLS_CA',
      'authorities that peers must have their certificates from, in PEM',
    ),
    list(
      '--ws-origin <origin>',
      'ASTRANET_WS_ORIGIN',
      'pages that may connect over ws:// and wss:// (repeatable)',
    ),
  ]
}

function limitOptions(): Option[] {
  return [
    value('--max-links <number>', 'ASTRANET_MAX_LINKS', 'links at the same time')
      .default(DEFAULT_MAX_LINKS)
      .argParser(integerFrom(1, 1_048_576)),
    value('--max-tunnels <number>', 'ASTRANET_MAX_TUNNELS', 'pairs of nodes that talk through the relay')
      .default(DEFAULT_MAX_TUNNELS)
      .argParser(integerFrom(1, 1_048_576)),
    value('--max-node-tunnels <number>', 'ASTRANET_MAX_NODE_TUNNELS', 'the same for one node')
      .default(DEFAULT_MAX_NODE_TUNNELS)
      .argParser(integerFrom(1, 1_048_576)),
    value(
      '--max-node-rate <bytes>',
      'ASTRANET_MAX_NODE_RATE',
      'what one node may send through the relay in a second (default: no limit)',
    ).argParser(integerFrom(16_384, 2 ** 40)),
  ]
}

function accessOptions(): Option[] {
  return [
    value('--secret-file <file>', 'ASTRANET_SECRET_FILE', "file with the network's secret"),
    value('--policy <file>', 'ASTRANET_POLICY', 'rules of who may link, dial and offer, in YAML or JSON'),
    value(
      '--identity-file <file>',
      'ASTRANET_IDENTITY_FILE',
      "file with the relay's key, made if it is not there",
    ),
    flag('--insecure', 'ASTRANET_INSECURE', 'listen for other machines without a secret and a policy'),
  ]
}

function runningOptions(): Option[] {
  return [
    value('--admin <address>', 'ASTRANET_ADMIN', 'where /healthz, /readyz, /metrics and /status are').default(
      DEFAULT_ADMIN,
    ),
    new Option('--no-admin', 'no admin server'),
    flag('--admin-public', 'ASTRANET_ADMIN_PUBLIC', 'let --admin listen for other machines'),
    value('--drain <seconds>', 'ASTRANET_DRAIN', 'how long open streams may go on after SIGTERM or SIGINT')
      .default(DEFAULT_DRAIN_SECONDS)
      .argParser(integerFrom(0, MAX_DRAIN_SECONDS)),
    value(
      '--log <format>',
      'ASTRANET_LOG',
      'how to log (default: text in a terminal, otherwise json)',
    ).choices(LOG_FORMATS),
    value('--log-level <level>', 'ASTRANET_LOG_LEVEL', 'what to log').choices(LOG_LEVELS).default('info'),
  ]
}

function value(flags: string, variable: string, description: string): Option {
  return new Option(flags, description).env(variable)
}

function flag(flags: string, variable: string, description: string): Option {
  return new Option(flags, description).env(variable).default(false)
}

/** An option that may be given several times. From the environment it comes as one text; see `splitList`. */
function list(flags: string, variable: string, description: string): Option {
  return new Option(flags, description)
    .env(variable)
    .default([], 'none')
    .argParser((text: string, before: readonly string[]) => [...before, text])
}
