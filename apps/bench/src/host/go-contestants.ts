import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Contestants } from './contestant.js'

const execute = promisify(execFile)
const BUILD_TIMEOUT_MS = 120_000
/** The folder into which Debian's packages install the sources of Go libraries. */
const GOPATH = '/usr/share/gocode'
const DEBIAN_PACKAGES = 'golang-go golang-github-hashicorp-yamux-dev golang-github-xtaci-smux-dev'

const goPeers = [
  { name: 'go-yamux', windows: '1 MiB a stream', importPath: 'github.com/hashicorp/yamux' },
  { name: 'go-smux', windows: '1 MiB a stream, 32 MiB in all', importPath: 'github.com/xtaci/smux' },
]

/** Builds the program of the Go peers in `names`, into a folder that is removed when this process exits. */
export async function goContestants(names: readonly string[]): Promise<Contestants> {
  const wanted = goPeers.filter(({ name }) => names.includes(name))
  if (wanted.length === 0) return { contestants: [], skipped: [] }
  const skip = (reason: string): Contestants => {
    return { contestants: [], skipped: wanted.map(({ name }) => ({ peer: name, reason })) }
  }
  // One program contains both peers, so it needs both libraries.
  const missing = goPeers.find(({ importPath }) => !existsSync(join(GOPATH, 'src', importPath)))
  if (missing !== undefined) {
    return skip(`${missing.importPath} is not in ${GOPATH}; on Debian: apt-get install ${DEBIAN_PACKAGES}`)
  }
  try {
    const command = [await build()]
    const contestants = wanted.map(({ name, windows }) => {
      return { name, windows, works: goWorks, maxOpenStreams: 1_000_000, command }
    })
    return { contestants, skipped: [] }
  } catch (error) {
    return skip(goError(error as NodeJS.ErrnoException))
  }
}

/** What the program in Go does. */
const goWorks = ['bulk', 'many', 'small', 'churn', 'latency', 'beside-bulk', 'memory', 'dial']

/** Names of the peers in Go. */
export const goPeerNames: readonly string[] = goPeers.map(({ name }) => name)

async function build(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'astranet-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'go-peers')
  const environment = { GO111MODULE: 'off', GOPATH, GOFLAGS: '', GOCACHE: join(folder, 'cache') }
  await execute('go', ['build', '-o', program, '.'], {
    cwd: fileURLToPath(new URL('../../go', import.meta.url)),
    env: { ...process.env, ...environment },
    timeout: BUILD_TIMEOUT_MS,
  })
  return program
}

function goError(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no go on the PATH'
  return `the Go program could not be built: ${error.message.split('\n').slice(0, 3).join(' ')}`
}
