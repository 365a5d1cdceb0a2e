import type { AstraNet } from '@astranet/core/browser'
import { element, errorText, show } from './elements.js'
import { RoundTrip } from './round-trip.js'

const MIB = 1024 * 1024
const TOTAL_BYTES = 100 * MIB

/** The part of the page that streams 100 MiB to `echo` and back. */
export function setUpTransfer(node: AstraNet): void {
  const start = element('start', HTMLButtonElement)
  start.addEventListener('click', () => {
    start.disabled = true
    void transfer(node).finally(() => (start.disabled = false))
  })
}

async function transfer(node: AstraNet): Promise<void> {
  show('verdict', '', 'running')
  try {
    const trip = new RoundTrip(await node.dial('', 'echo'), TOTAL_BYTES)
    const since = performance.now()
    const stopShowing = keepShowing(trip, since)
    const { sent, received } = await trip.run().finally(stopShowing)
    const isSame = sent === received
    const seconds = ((performance.now() - since) / 1000).toFixed(1)
    show(
      'verdict',
      `${isSame ? 'The same bytes came back' : 'Other bytes came back'} after ${seconds} s: SHA-256 ${received}`,
      isSame ? 'same' : 'failed',
    )
  } catch (error) {
    show('verdict', errorText(error), 'failed')
  }
}

/** Shows the counters in every frame, and reads only while the box is checked. Returns a function that stops both. */
function keepShowing(trip: RoundTrip, since: number): () => void {
  const box = element('reading', HTMLInputElement)
  const onChange = (): void => trip.reading.set(box.checked)
  onChange()
  box.addEventListener('change', onChange)
  let frame = 0
  const look = (): void => {
    showProgress(trip, since)
    frame = requestAnimationFrame(look)
  }
  look()
  return () => {
    box.removeEventListener('change', onChange)
    cancelAnimationFrame(frame)
    showProgress(trip, since)
  }
}

function showProgress({ sentBytes, receivedBytes }: RoundTrip, since: number): void {
  const seconds = (performance.now() - since) / 1000
  for (const [id, bytes] of Object.entries({ sent: sentBytes, received: receivedBytes })) {
    element(id, HTMLProgressElement).value = bytes
    const mib = bytes / MIB
    show(`${id}-text`, `${mib.toFixed(1)} MiB · ${(mib / Math.max(seconds, 0.001)).toFixed(0)} MiB/s`)
  }
}
