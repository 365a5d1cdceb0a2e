import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { AstraNet } from '@astranet/core'
import { checkEcho } from './check-echo.js'
import { duplexOf } from './duplex-of.js'

/** The child's command: the arguments of this program, such as `ssh host node child.js`, or Node on this machine. */
function command(): [string, string[]] {
  const [program, ...args] = process.argv.slice(2)
  return program === undefined
    ? [process.execPath, [fileURLToPath(new URL('child.js', import.meta.url))]]
    : [program, args]
}

/** Reports a broken stream, for example after the child was killed. */
function complain(error: Error): void {
  process.stderr.write(`a stream broke: ${error.message}\n`)
}

async function main(): Promise<void> {
  const [program, args] = command()
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>
  // If the program cannot be started, its pipes close and `attach` below fails.
  exit.catch(() => {})
  await using node = new AstraNet()
  const echo = await node.bind('', 'parent-echo')
  echo.on('connection', (socket) => socket.on('error', complain).pipe(socket))

  await node.attach(duplexOf(child))
  const bytes = await checkEcho(node, 'child-echo')
  process.stdout.write(`the parent sent ${bytes} bytes to the child, and all came back\n`)

  // The child answers by closing the link, and exits.
  const done = await node.dial('', 'done')
  done.on('error', () => {})
  const [code, signal] = await exit
  if (code !== 0) throw new Error(`the child ended with ${String(code ?? signal)}`)
}

try {
  await main()
  process.stdout.write('ok\n')
} catch (error) {
  process.stderr.write(`failed: ${(error as Error).message}\n`)
  process.exitCode = 1
}
