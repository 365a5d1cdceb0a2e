import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

/** What each program prints. */
const programs: Record<string, string> = {
  express: '200 {"hello":"world","from":true}\n',
  fastify: '200 {"hello":"world"}\n',
  koa: '200 {"hello":"world"}\n',
  hono: '200 {"hello":"world"}\n',
  agent: 'you asked for /19 over 2 connections\n200 you asked for /undici\n',
  http2: 'HTTP/2 /hello\n',
  grpc: 'hello world\n1000000 bytes there and back\n',
  ws: '/room: hello from ws\n/lobby: hello from a WebSocket\n',
  connect: '200 there and back\n101 and again\n',
  forward: 'hello from TCP (1 connection)\n',
}

test.each(Object.entries(programs))('%s prints what its README says, and exits', async (name, output) => {
  const path = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))
  if (!existsSync(path))
    throw new Error('the examples are not built: run "npm run build" first ("npm test" does)')
  const { stdout, stderr } = await run(process.execPath, [path])
  expect(stderr).toBe('')
  expect(stdout).toBe(output)
})
