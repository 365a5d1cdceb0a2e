import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test, type TestContext } from 'vitest'
import type { AstraNetOptions } from '../src/index.js'

/** As it is built: compiling sources in the process would free large blocks, too. */
const entry = new URL('../dist/index.js', import.meta.url)

/**
 * Two nodes in a process of its own, linked over `network` or not linked, which prints whether malloc's heap grew for
 * a block of some MiB, and whether it kept most of it once the block was freed. Over `attach` they are handed two TCP
 * sockets.
 */
const program = (network: string | undefined, options: AstraNetOptions): string => `
  import { once } from 'node:events'
  import { readFileSync } from 'node:fs'
  import { connect, createServer } from 'node:net'
  import { AstraNet } from '${entry.href}'
  const attach = async () => {
    const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const near = connect({ port: listener.address().port, allowHalfOpen: true })
    const [far] = await once(listener, 'connection')
    listener.close()
    await Promise.all([server.attach(far), client.attach(near)])
  }
  const heap = () => {
    const [, start, end] = /^(\\w+)-(\\w+) .*\\[heap\\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'))
    return parseInt(end, 16) - parseInt(start, 16)
  }
  const network = ${JSON.stringify(network)}
  const server = new AstraNet(${JSON.stringify(options)})
  const client = new AstraNet(${JSON.stringify(options)})
  if (network === 'attach') await attach()
  else {
    const { address } = await server.listenAndServe(network ?? 'tcp', '127.0.0.1:0')
    if (network !== undefined) await client.join(network, address)
  }
  // The block of the first socket is freed on another thread, at some time after a collection found it. Each try takes
  // more than the one before: glibc also keeps what is no larger than a block that was freed.
  let isInHeap = false
  let isKept = false
  for (let bytes = 2 ** 22; bytes < 2 ** 24 && !isInHeap; bytes += 2 ** 18) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
    const before = heap()
    let block = Buffer.allocUnsafeSlow(bytes)
    isInHeap = heap() - before > bytes / 2
    block = undefined
    for (let round = 0; round < 2; round++) gc()
    isKept = isInHeap && heap() - before > bytes / 2
  }
  await Promise.all([client.close(), server.close()])
  console.log(JSON.stringify({ isInHeap, isKept }))
`

interface Setting {
  readonly options?: AstraNetOptions
  readonly environment?: Readonly<Record<string, string>>
}

function measure(network: string | undefined, { options = {}, environment = {} }: Setting = {}): unknown {
  if (!existsSync(entry)) throw new Error('the package is not built: run `npm run build` before this test')
  const args = ['--expose-gc', '--input-type=module', '-e', program(network, options)]
  const own = Object.entries(process.env).filter(([name]) => !/^(MALLOC_|GLIBC_TUNABLES)/.test(name))
  const env = { ...Object.fromEntries(own), ...environment }
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' }))
}

/** Other systems have other allocators. */
function needGlibc(context: TestContext): void {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  if (header.glibcVersionRuntime === undefined) context.skip('only glibc keeps memory in this way')
}

test.for(['tcp', 'ws', 'attach'])(
  'with its first link over %s a process keeps what it frees',
  (network, context) => {
    needGlibc(context)
    expect(measure(network)).toEqual({ isInHeap: true, isKept: true })
  },
)

test('without a link, or with the environment variable, memory is given back', (context) => {
  needGlibc(context)
  expect(measure(undefined)).toEqual({ isInHeap: false, isKept: false })
  const environment = { MALLOC_TRIM_THRESHOLD_: '131072' }
  expect(measure('tcp', { environment })).toEqual({ isInHeap: false, isKept: false })
})

test.for(['tcp', 'ws', 'attach'])('a node that is lean leaves malloc alone over %s', (network, context) => {
  needGlibc(context)
  expect(measure(network, { options: { memory: 'lean' } })).toEqual({ isInHeap: false, isKept: false })
})
