import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'

/** As it is built: compiling sources in the process would free large blocks, too. */
const entry = new URL('../dist/index.js', import.meta.url)

/**
 * Two nodes over `network` in a process of its own, which prints whether malloc's heap grew for a block of 16 MiB, and
 * whether it kept most of it once the block was freed: before there was a link, and after.
 */
const program = (network: string): string => `
  import { readFileSync } from 'node:fs'
  import { AstraNet } from '${entry.href}'
  const heap = () => {
    const [, start, end] = /^(\\w+)-(\\w+) .*\\[heap\\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'))
    return parseInt(end, 16) - parseInt(start, 16)
  }
  const measure = () => {
    const before = heap()
    let block = Buffer.allocUnsafeSlow(2 ** 24)
    const grown = heap() - before
    block = undefined
    gc()
    return [grown, heap() - before].map((bytes) => bytes > 2 ** 23)
  }
  const measured = [measure()]
  const server = new AstraNet()
  const client = new AstraNet()
  const { address } = await server.listenAndServe('${network}', '127.0.0.1:0')
  await client.join('${network}', address)
  gc()
  measured.push(measure())
  await Promise.all([client.close(), server.close()])
  console.log(JSON.stringify(measured))
`

function measure(network: string, environment: Readonly<Record<string, string>> = {}): unknown {
  if (!existsSync(entry)) throw new Error('the package is not built: run `npm run build` before this test')
  const args = ['--expose-gc', '--input-type=module', '-e', program(network)]
  const env = { ...process.env, ...environment }
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' }))
}

const isGlibc =
  (process.report?.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime !==
  undefined

// What is kept is kept by glibc: other systems have other allocators.
test.runIf(isGlibc).each(['tcp', 'ws'])(
  'with its first link over %s a process keeps what it frees',
  (network) => {
    expect(measure(network)).toEqual([
      [false, false],
      [true, true],
    ])
  },
)

test.runIf(isGlibc)('unless its environment asks for memory to be given back', () => {
  expect(measure('tcp', { MALLOC_TRIM_THRESHOLD_: '131072' })).toEqual([
    [false, false],
    [false, false],
  ])
})
