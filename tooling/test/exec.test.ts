import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { exec } from '../scripts/lib/exec.mjs'

const runScript = (code: string, options?: Parameters<typeof exec>[2]): ReturnType<typeof exec> =>
  exec(process.execPath, ['-e', code], { output: 'capture', ...options })

test("the exit code is the program's", async () => {
  expect(await runScript('process.exit(7)')).toMatchObject({ exitCode: 7, isTimedOut: false })
})

test('a program ended by a signal has the exit code that shells give it', async () => {
  expect(await runScript('process.kill(process.pid, "SIGTERM")')).toMatchObject({
    exitCode: 143,
    isTimedOut: false,
  })
})

test('a program that does not end is ended after the time limit', async () => {
  expect(await runScript('setInterval(() => {}, 1000)', { timeoutMs: 200 })).toMatchObject({
    isTimedOut: true,
  })
})

test('both outputs are captured', async () => {
  expect((await runScript('console.log("out"); console.error("err")')).output.split('\n').sort()).toEqual([
    '',
    'err',
    'out',
  ])
})

test('a program that is not there is a rejection', async () => {
  await expect(exec('astranet-no-such-program', [])).rejects.toThrow('ENOENT')
})

test('a signal sent to the script ends the program it runs, and its exit code is passed on', async () => {
  const module = new URL('../scripts/lib/exec.mjs', import.meta.url).href
  const program =
    'process.on("SIGTERM", () => process.exit(42)); setInterval(() => {}, 1000); console.log("ready")'
  const script = `import { exec } from ${JSON.stringify(module)}
    process.exitCode = (await exec(process.execPath, ['-e', ${JSON.stringify(program)}])).exitCode`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([42, null])
})
