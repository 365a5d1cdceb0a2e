import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** Runs the built example, with `command` as its child. */
async function run(...command: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  if (!existsSync(MAIN))
    throw new Error('the example is not built: run "npm run build" first ("npm test" does)')
  const example = spawn(process.execPath, [MAIN, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  example.stdout.on('data', (chunk) => (stdout += String(chunk)))
  example.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const [code] = (await once(example, 'close')) as unknown[]
  return { code, stdout, stderr }
}

test('a child process is a node at the other end of its stdio: streams go both ways, and both programs end', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('the child sent 4194304 bytes to the parent, and all came back\n')
  expect(stdout).toBe('the parent sent 4194304 bytes to the child, and all came back\nok\n')
  expect(code).toBe(0)
})

test.each<[string, string[], RegExp]>([
  [
    'prints something else',
    [process.execPath, '-e', 'console.log("hello"); process.stdin.resume()'],
    /does not speak astranet/,
  ],
  ['ends at once', [process.execPath, '-e', ''], /failed: .*(closed|ended|EPIPE)/],
  ['does not find its script', [process.execPath, '/nowhere/child.js'], /failed: .*(closed|ended|EPIPE)/],
  ['cannot be found', ['/nowhere/program'], /failed: /],
])('the example reports a program that %s, and fails', async (_, args, reason) => {
  const { code, stderr } = await run(...args)
  expect(stderr).toMatch(reason)
  expect(code).toBe(1)
})
