import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { ADMIN_REQUEST_TIMEOUT_MS, MAX_ADMIN_CONNECTIONS } from '../src/admin/admin-server.js'
import { DEFAULT_LIST_ENTRIES, MAX_LIST_ENTRIES } from '../src/admin/status.js'
import {
  DEFAULT_ADMIN,
  DEFAULT_DRAIN_SECONDS,
  DEFAULT_MAX_LINKS,
  DEFAULT_MAX_NODE_TUNNELS,
  DEFAULT_MAX_TUNNELS,
  MAX_DRAIN_SECONDS,
  relayCommand,
} from '../src/arguments/command.js'
import { MAX_SECRET_BYTES } from '../src/files/secret-file.js'
import { MAX_KINDS, RATION_INTERVAL_MS } from '../src/log/ration.js'
import { APP } from './deployment-files.js'
import { RelayProcess } from './relay-process.js'
import { folder } from './support.js'

const readme = readFileSync(join(APP, 'README.md'), 'utf8')

/** The JavaScript programs of the README, by the name that their first line gives. */
function programs(): Map<string, string> {
  const found = readme.matchAll(/^```js\n(\/\/ (\S+\.mjs): [^]*?)^```$/gm)
  return new Map([...found].map(([, code = '', name = '']) => [name, code]))
}

/** Runs a program of the README as a user would, in a folder with the secret and the package. */
function run(cwd: string, name: string, address: string): ChildProcess {
  writeFileSync(join(cwd, name), programs().get(name) ?? '')
  const child = spawn(process.execPath, [name, address], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** All that a process prints until it ends, or until it has printed `enough`. */
async function output({ stdout }: ChildProcess, enough?: string): Promise<string> {
  let text = ''
  stdout?.on('data', (chunk) => (text += String(chunk)))
  while (enough === undefined || !text.includes(enough)) {
    const isOver = await Promise.race([
      once(stdout as NodeJS.ReadableStream, 'data').then(() => false),
      once(stdout as NodeJS.ReadableStream, 'end').then(() => true),
    ])
    if (isOver) break
  }
  return text
}

test('the programs of the quick start do what the README says', async () => {
  const cwd = folder()
  writeFileSync(join(cwd, 'network.secret'), 'the secret of the quick start\n', { mode: 0o600 })
  mkdirSync(join(cwd, 'node_modules', '@astranet'), { recursive: true })
  const core = fileURLToPath(new URL('../../../packages/core', import.meta.url))
  symlinkSync(core, join(cwd, 'node_modules', '@astranet', 'core'), 'junction')
  const secret = ['--secret-file', join(cwd, 'network.secret'), '--identity-file', join(cwd, 'relay.pem')]
  const relay = await RelayProcess.listening(...secret)
  const address = await relay.address()
  const server = run(cwd, 'server.mjs', address)
  expect(await output(server, '\n')).toBe('offers "echo"\n')
  // As the relay's log shows it.
  const client = run(cwd, 'client.mjs', `tcp://${address}`)
  const ended = once(client, 'close')
  expect(await output(client)).toBe('connected by relay\nthrough the relay\n')
  expect(await ended).toEqual([0, null])
})

test('the README lists every option and its variable', () => {
  const { options } = relayCommand()
  const rows = readme.split('\n').filter((line) => line.startsWith('| `--'))
  for (const { flags, envVar } of options) {
    const row = rows.find((line) => line.includes(`\`${flags}\``))
    expect(row, flags).toBeDefined()
    if (envVar !== undefined) expect(row).toContain(`\`${envVar}\``)
  }
})

test('the README lists every metric, and no other', () => {
  const own = readFileSync(join(APP, 'src/metrics/relay-metrics.ts'), 'utf8')
  const ofNode = readFileSync(join(APP, '../../docs/DIAGNOSTICS.md'), 'utf8')
  const names = (text: string): string[] => [...new Set(text.match(/\bastranet_[a-z_]+/g))].sort()
  expect(names(readme)).toEqual(names(own + ofNode))
})

const limits = readFileSync(join(APP, '../../docs/LIMITS.md'), 'utf8').replace(/^[^]*\n## The relay /, '')

test.each([
  [readme, `default \`${DEFAULT_ADMIN}\``],
  [readme, `0 to ${text(MAX_DRAIN_SECONDS)}; default ${DEFAULT_DRAIN_SECONDS} |`],
  [readme, `default ${text(DEFAULT_MAX_LINKS)}.`],
  [readme, `1 to 1,048,576; default ${text(DEFAULT_MAX_TUNNELS)}.`],
  [readme, `the same for one node; default ${text(DEFAULT_MAX_NODE_TUNNELS)} |`],
  [limits, `| ${text(DEFAULT_MAX_TUNNELS)}; ${text(DEFAULT_MAX_NODE_TUNNELS)} | \`--max-tunnels\``],
  [readme, `at most ${text(MAX_SECRET_BYTES)} bytes`],
  [readme, `(${text(DEFAULT_LIST_ENTRIES)} by default, at most ${text(MAX_LIST_ENTRIES)})`],
  [readme, `at most ${MAX_ADMIN_CONNECTIONS} connections`],
  [readme, `a request may take ${ADMIN_REQUEST_TIMEOUT_MS / 1_000} s`],
  [readme, `one line in ${RATION_INTERVAL_MS / 1_000} s`],
  [limits, `| ${text(DEFAULT_MAX_LINKS)} | \`--max-links\``],
  [limits, `| ${DEFAULT_DRAIN_SECONDS} s | \`--drain\`, 0 to ${text(MAX_DRAIN_SECONDS)} s |`],
  [limits, `| ${text(MAX_SECRET_BYTES)} bytes; 1 MiB; 1 MiB |`],
  [limits, `| ${MAX_ADMIN_CONNECTIONS}; ${ADMIN_REQUEST_TIMEOUT_MS / 1_000} s |`],
  [limits, `| ${text(DEFAULT_LIST_ENTRIES)} | \`?limit\`, 0 to ${text(MAX_LIST_ENTRIES)} |`],
  [limits, `one every ${RATION_INTERVAL_MS / 1_000} s for each kind, of ${MAX_KINDS} kinds`],
])('the documents give the numbers of the sources: %#', (document, sentence) => {
  expect(document.replace(/\s+/g, ' ')).toContain(sentence)
})

function text(number: number): string {
  return number.toLocaleString('en-US')
}
