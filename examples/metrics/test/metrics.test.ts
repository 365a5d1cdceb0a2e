import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AstraNet } from '@astranet/core'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { collectNode } from '../src/collector.js'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** The value of a line of the text that Prometheus reads. */
function valueIn(text: string, metric: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${metric} `))
  return line === undefined ? undefined : Number(line.slice(metric.length + 1))
}

test('each scrape has the values of that moment, with types and helps', async () => {
  await using server = new AstraNet()
  await using client = new AstraNet()
  const registry = new Registry()
  const stop = collectNode(client, registry)
  const before = await registry.metrics()
  expect(valueIn(before, 'astranet_links{role="node"}')).toBe(0)
  expect(before).toMatch(
    /# HELP astranet_links Open links to other nodes, by the role of these\.\n# TYPE astranet_links gauge/,
  )
  expect(before).toMatch(/# TYPE astranet_dials_connected_total counter/)
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await server.bind('echo')
  await client.join(address)
  for (let count = 1; count <= 2; count++) {
    const socket = await client.dial('echo')
    socket.on('error', () => undefined).destroy()
    const text = await registry.metrics()
    expect(valueIn(text, 'astranet_links{role="node"}')).toBe(1)
    expect(valueIn(text, 'astranet_joins{state="joined"}')).toBe(1)
    expect(valueIn(text, 'astranet_dials_connected_total')).toBe(count)
  }
  await client.dial('nobody', { timeoutMs: 0 }).catch(() => undefined)
  expect(valueIn(await registry.metrics(), 'astranet_dials_failed_total{code="ENOTFOUND"}')).toBe(1)
  stop()
  expect(await registry.metrics()).toBe('\n')
})

test('the program is scraped over HTTP, and ends when it is asked to', async () => {
  if (!existsSync(MAIN))
    throw new Error('the example is not built: run "npm run build" first ("npm test" does)')
  const program = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(program.stdout, 'data')) as [Buffer]
  const response = await fetch(line.toString().trim())
  expect(response.headers.get('content-type')).toContain('text/plain')
  const text = await response.text()
  expect(valueIn(text, 'astranet_listeners')).toBe(1)
  expect(text).toContain('process_resident_memory_bytes')
  program.kill('SIGTERM')
  expect(await once(program, 'exit')).toEqual([0, null])
})
