import { MEBIBYTE } from '../peer.js'
import { scaled, type Work } from '../work.js'
import { reportTransfer, TRANSFER_METRICS } from './transfer.js'
import { serveTransfer, type TransferSizes } from './transfer-server.js'

const STREAMS = 100
const WRITES_PER_STREAM = 640
const RAMP_BYTES = 300 * MEBIBYTE

/** 100 streams at the same time, 10 MiB each in writes of 16 KiB; the clock starts after 300 MiB. */
export const many: Work<TransferSizes> = {
  name: 'many',
  title: '100 streams at once, 10 MiB each in writes of 16 KiB',
  sizes: (scale) => ({
    streams: scale < 1 ? scaled(STREAMS, Math.sqrt(scale), 4) : STREAMS,
    writesPerStream: scaled(WRITES_PER_STREAM, scale < 1 ? Math.sqrt(scale) : scale, 4),
    bytesPerWrite: 16_384,
    rampBytes: Math.round(RAMP_BYTES * Math.min(scale, 1)),
  }),
  metrics: () => TRANSFER_METRICS,
  serve: serveTransfer,
  async run(run) {
    await reportTransfer(run)
  },
}
