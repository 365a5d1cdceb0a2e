import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

const LOADER = new URL('typescript-loader.mjs', import.meta.url).href

/** What a command has printed, and its exit code. */
export interface Outcome {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** Runs the command in `file`, on the sources as they are, with these arguments and this standard input. */
export async function runCommand(file: string, args: readonly string[], input = ''): Promise<Outcome> {
  const child = spawn(process.execPath, ['--conditions=@astranet/source', '--import', LOADER, file, ...args])
  child.stdin.on('error', () => {}).end(input)
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, out, error }
}
