import { MAX_EARLY_BYTES } from '../../dial/early-data.js'
import type { SplicedEnd } from './splice.js'

/**
 * How many bytes may wait until the far side is connected; then reading stops. A dial sends as many before its answer.
 */
const MAX_WAITING_BYTES = MAX_EARLY_BYTES

/** Until `server` is connected, stops the pipe of `client` to it once {@link MAX_WAITING_BYTES} wait. */
export function holdBack(client: SplicedEnd, server: SplicedEnd): void {
  if (!server.connecting) return
  let isHeld = false
  const onData = (): void => {
    if (isHeld || server.writableLength < MAX_WAITING_BYTES) return
    isHeld = true
    client.unpipe(server)
  }
  client.on('data', onData)
  server.once('connect', () => {
    if (isHeld) client.pipe(server)
    client.off('data', onData)
  })
}
