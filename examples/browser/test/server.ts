import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The example's built server, in a separate process. */
export interface Server extends AsyncDisposable {
  readonly url: string
  /** Kills the server, as a crash would: its peers receive no notice. */
  kill(): Promise<void>
}

/** Starts the server. `port` 0 means any free port. */
export async function startServer(port = 0): Promise<Server> {
  const main = fileURLToPath(new URL('../dist/server/main.js', import.meta.url))
  const child = spawn(process.execPath, [main, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return {
    url: String(line).replace('open', '').trim(),
    kill,
    [Symbol.asyncDispose]: kill,
  }
}
