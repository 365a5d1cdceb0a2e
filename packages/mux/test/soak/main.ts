import { parseArgs } from 'node:util'
import { Progress } from '../support/progress.js'
import { NOISE_BYTES, soak } from './soak.js'

const HELP = `Opens and closes very many streams in one session over a socket, and compares the heap before and after.

  npm run soak                     1,000,000 streams
  npm run soak -- --streams N      so many
`

const { values } = parseArgs({
  options: { streams: { type: 'string', default: '1000000' }, help: { type: 'boolean', default: false } },
})

if (values.help) process.stdout.write(HELP)
else process.exitCode = await run(Number(values.streams))

async function run(streams: number): Promise<number> {
  const progress = new Progress('streams', streams)
  const { bytes, before, after, streamsPerSecond } = await soak(streams, (done) => progress.update(done))
  progress.clear()
  const heapBytes = after.heap - before.heap
  const bufferBytes = after.buffers - before.buffers
  const isSame = heapBytes <= NOISE_BYTES && bufferBytes <= NOISE_BYTES
  const lines = [
    `${streams} streams opened and closed, ${bytes} bytes compared, ${streamsPerSecond} streams a second`,
    `heap:    ${mebibytes(before.heap)} before, ${mebibytes(after.heap)} after`,
    `buffers: ${mebibytes(before.buffers)} before, ${mebibytes(after.buffers)} after`,
    isSame ? 'the same, within noise' : `grown by more than ${mebibytes(NOISE_BYTES)}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return isSame ? 0 : 1
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)} MiB`
}
