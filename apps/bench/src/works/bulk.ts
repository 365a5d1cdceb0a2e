import { MEBIBYTE } from '../peer.js'
import { scaled, type Work } from '../work.js'
import { reportTransfer, TRANSFER_METRICS } from './transfer.js'
import { serveTransfer, type TransferSizes } from './transfer-server.js'

const WRITES = 65_536
const RAMP_BYTES = 300 * MEBIBYTE

/** One stream, 4 GiB in writes of 64 KiB; the clock starts after 300 MiB. */
export const bulk: Work<TransferSizes> = {
  name: 'bulk',
  title: 'One stream, 4 GiB in writes of 64 KiB',
  sizes: (scale) => ({
    streams: 1,
    writesPerStream: scaled(WRITES, scale, 8),
    bytesPerWrite: 65_536,
    rampBytes: Math.round(RAMP_BYTES * Math.min(scale, 1)),
  }),
  metrics: () => TRANSFER_METRICS,
  serve: serveTransfer,
  async run(run) {
    await reportTransfer(run)
  },
}
