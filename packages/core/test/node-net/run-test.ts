import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** How long one test may take, in ms. Node's own limit is two minutes; none of these needs it. */
const LIMIT_MS = 30_000

/** How many of the last bytes of a test's output are kept. */
const KEPT_BYTES = 4_000

export interface Outcome {
  readonly hasPassed: boolean
  /** What it wrote at the end. */
  readonly output: string
}

/** Runs one of Node's tests in a process of its own; `preload` is loaded before it. */
export function runTest(file: string, preload: string | undefined): Promise<Outcome> {
  const flags = /^\/\/ Flags: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]?.split(' ') ?? []
  const imports = preload === undefined ? [] : ['--import', preload]
  const child = spawn(process.execPath, [...flags, ...imports, file], {
    cwd: dirname(file),
    env: { ...process.env, NODE_NET_FOLDER: dirname(file), NODE_TEST_KNOWN_GLOBALS: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-KEPT_BYTES)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      if (signal !== null) output += `\nended by ${signal} after ${LIMIT_MS} ms`
      resolve({ hasPassed: code === 0, output })
    }),
  )
}
