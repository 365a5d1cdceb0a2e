import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test, type TestContext } from 'vitest'

/** As it is built: compiling sources in the process would free large blocks, too. */
const entry = new URL('../dist/index.js', import.meta.url)

/**
 * Two nodes in a process of its own, linked over `network` or not linked, which prints whether malloc's heap grew for a
 * block of 16 MiB, and whether it kept most of it once the block was freed.
 */
const program = (network: string | undefined): string => `
  import { readFileSync } from 'node:fs'
  import { AstraNet } from '${entry.href}'
  const heap = () => {
    const [, start, end] = /^(\\w+)-(\\w+) .*\\[heap\\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'))
    return parseInt(end, 16) - parseInt(start, 16)
  }
  const network = ${JSON.stringify(network)}
  const server = new AstraNet()
  const client = new AstraNet()
  const { address } = await server.listenAndServe(network ?? 'tcp', '127.0.0.1:0')
  if (network !== undefined) await client.join(network, address)
  // What one collection finds is freed on another thread; the next one waits for that.
  for (let round = 0; round < 3; round++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const before = heap()
  let block = Buffer.allocUnsafeSlow(2 ** 24)
  const grown = heap() - before
  block = undefined
  for (let round = 0; round < 2; round++) gc()
  const kept = heap() - before
  await Promise.all([client.close(), server.close()])
  console.log(JSON.stringify({ isInHeap: grown > 2 ** 23, isKept: kept > 2 ** 23 }))
`

function measure(network: string | undefined, environment: Readonly<Record<string, string>> = {}): unknown {
  if (!existsSync(entry)) throw new Error('the package is not built: run `npm run build` before this test')
  const args = ['--expose-gc', '--input-type=module', '-e', program(network)]
  const own = Object.entries(process.env).filter(([name]) => !/^(MALLOC_|GLIBC_TUNABLES)/.test(name))
  const env = { ...Object.fromEntries(own), ...environment }
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' }))
}

/** Other systems have other allocators. */
function needGlibc(context: TestContext): void {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  if (header.glibcVersionRuntime === undefined) context.skip('only glibc keeps memory in this way')
}

test.for(['tcp', 'ws'])('with its first link over %s a process keeps what it frees', (network, context) => {
  needGlibc(context)
  expect(measure(network)).toEqual({ isInHeap: true, isKept: true })
})

test('without a link, or when its environment says so, memory is given back', (context) => {
  needGlibc(context)
  expect(measure(undefined)).toEqual({ isInHeap: false, isKept: false })
  expect(measure('tcp', { MALLOC_TRIM_THRESHOLD_: '131072' })).toEqual({ isInHeap: false, isKept: false })
})
