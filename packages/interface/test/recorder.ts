import type { ByteDuplex } from '@astranet/interface'

/** Handles `duplex`, and writes down what it tells but for data. */
export function recorder(
  duplex: ByteDuplex,
  onData: (chunk: Uint8Array) => void = () => undefined,
): string[] {
  const events: string[] = []
  duplex.handle({
    onData,
    onDrain: () => void events.push('drain'),
    onEnd: () => void events.push('end'),
    onClose: (reason) => void events.push(reason === undefined ? 'close' : `close ${reason.message}`),
  })
  return events
}
