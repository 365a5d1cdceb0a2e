import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The user `nobody`, in whose name servers run that refuse to run as root. */
const NOBODY = 65_534

/** The path of a program, also where Debian puts servers; `undefined` when it is not installed. */
export function programNamed(name: string): string | undefined {
  const versions = '/usr/lib/postgresql'
  const postgres = existsSync(versions)
    ? readdirSync(versions).map((each) => join(versions, each, 'bin'))
    : []
  const folders = [...postgres, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** The programs, or `undefined` when one is absent: then it prints that `what` is left out. */
export function programs(what: string, ...names: string[]): string[] | undefined {
  const found = names.map(programNamed)
  const missing = names.filter((_, index) => found[index] === undefined)
  if (missing.length === 0) return found as string[]
  process.stdout.write(`left out: ${what}: this machine has no ${missing.join(', ')}\n`)
  return undefined
}

/** A temporary folder for a server, which owns it. */
export async function serverFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'astranet-clients-'))
  if (isRoot()) await chown(folder, NOBODY, NOBODY)
  return folder
}

/** Runs a program to its end, not as root. Throws with its output when it fails. */
export function runOnce(path: string, args: readonly string[], folder: string): void {
  const { status, stdout, stderr } = spawnSync(path, args, { ...ownUser(), cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${path} ended with ${status}: ${stdout}${stderr}`)
}

/** A server that runs for a test. */
export interface Daemon extends AsyncDisposable {
  readonly folder: string
}

interface DaemonOptions {
  readonly folder: string
  /** What it prints when clients can connect. */
  readonly ready: RegExp
  /** The signal that ends it at once. Default `SIGTERM`. */
  readonly signal?: NodeJS.Signals
  readonly isRoot?: boolean
}

/** Starts a server; resolves when it is ready. Rejects with its output when it ends before. */
export async function startDaemon(
  path: string,
  args: readonly string[],
  options: DaemonOptions,
): Promise<Daemon> {
  const { folder, ready, signal = 'SIGTERM' } = options
  const user = options.isRoot === true ? {} : ownUser()
  const child = spawn(path, args, { ...user, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await readyOf(child, ready)
  return {
    folder,
    async [Symbol.asyncDispose]() {
      child.kill(signal)
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function readyOf(child: ChildProcess, ready: RegExp): Promise<void> {
  let output = ''
  return new Promise((resolve, reject) => {
    const onData = (chunk: unknown): void => {
      output += String(chunk)
      if (ready.test(output)) resolve()
    }
    child.stdout?.on('data', onData)
    child.stderr?.on('data', onData)
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`it ended with ${code}: ${output}`)))
  })
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function ownUser(): { uid?: number; gid?: number } {
  return isRoot() ? { uid: NOBODY, gid: NOBODY } : {}
}
