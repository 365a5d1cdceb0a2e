import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { StoreServer } from './store.js'

/** Which program to start. */
export interface ServerProgramOptions {
  readonly program: string
  /** Its arguments, given a folder that is removed afterwards. */
  args(folder: string): readonly string[]
  /** The line of its output after which clients can connect. */
  readonly ready: RegExp
}

/** A server that is measured. It ends with this process, and its folder is removed. */
export class ServerProgram {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Starts the program; resolves when it is ready. Rejects with its last line if it ends before. */
  static async start({ program, args, ready }: ServerProgramOptions): Promise<ServerProgram> {
    const folder = mkdtempSync(join(tmpdir(), 'astranet-bench-'))
    const child = spawn(findProgram(program) ?? program, args(folder), { stdio: ['ignore', 'pipe', 'pipe'] })
    // Only SIGKILL ends this process without the event, and then the measurement was given up.
    process.once('exit', () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    })
    await isReady(child, ready)
    return new ServerProgram(child)
  }

  /** The server's side of a measurement, with the address that this program was told to use. */
  serverAt(address: string): StoreServer {
    return { address, residentBytes: () => this.#residentBytes(), close: () => this.#close() }
  }

  /** Its resident memory, in bytes, as Linux counts it. Go's collector decides how much of that is garbage. */
  #residentBytes(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8')
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
  }

  async #close(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }
}

/** The path of a program; `undefined` if it is not installed. Debian's servers may be in a folder only of root. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** A port of 127.0.0.1 that was free a moment ago, for a program that cannot choose one. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isReady(child: ChildProcess, ready: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = ''
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(`${child.spawnfile} ended with exit code ${code}: ${last}`))
    })
    // The output is read to the end: a full pipe would stop the server.
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue
      createInterface(output).on('line', (line) => {
        last = line
        if (ready.test(line)) resolve()
      })
    }
  })
}
