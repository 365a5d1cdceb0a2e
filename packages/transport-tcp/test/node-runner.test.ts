import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = fileURLToPath(new URL('node-runner.mjs', import.meta.url))
const isBuilt = ['../dist/index.js', '../../testkit/dist/index.js', '../../interface/dist/index.js'].every(
  (path) => existsSync(new URL(path, import.meta.url)),
)

it('passes its suite under node:test too, in a process that then ends by itself', async (context) => {
  if (!isBuilt) return context.skip('not built: run the build first')
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_|VITEST)/.test(name)),
  )
  const args = ['--test', '--test-reporter=tap', script]
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${stdout}\n${stderr}`))
    })
  })
  expect(output).toMatch(/^# fail 0$/m)
  expect(Number(/^# pass (\d+)$/m.exec(output)?.[1])).toBeGreaterThan(30)
})
