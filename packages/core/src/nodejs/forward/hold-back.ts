import type { SplicedEnd } from './splice.js'

/** How much may wait for the far side to be there, in bytes, before no more is read: as much as a dial sends with it. */
const MAX_WAITING_BYTES = 16_384

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
