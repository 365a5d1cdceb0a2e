import { scaled, type Work } from '../work.js'
import { transfer } from './transfer.js'
import { serveTransfer, type TransferSizes } from './transfer-server.js'

const WRITES = 5_000_000

/** One stream, 5,000,000 writes of 64 bytes, each in a separate call: the work does not cork. */
export const small: Work<TransferSizes> = {
  name: 'small',
  title: 'One stream, 5,000,000 writes of 64 bytes',
  sizes: (scale) => ({
    streams: 1,
    writesPerStream: scaled(WRITES, scale, 100),
    bytesPerWrite: 64,
    rampBytes: 0,
  }),
  metrics: () => [{ name: 'rate', unit: 'writes/s', isHigherBetter: true }],
  serve: serveTransfer,
  async run(run) {
    const { elapsedMs } = await transfer(run)
    run.report('rate', run.sizes.writesPerStream / (elapsedMs / 1000))
  },
}
