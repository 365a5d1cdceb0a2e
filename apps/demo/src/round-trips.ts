import { once } from 'node:events'
import type { AstraNet } from '@astranet/core'

const ROUND_TRIPS = 200

/** The median time in ms that a byte takes to `echo` and back, on a stream of its own. */
export async function medianRoundTripMs(node: AstraNet): Promise<number> {
  const socket = await node.dial('', 'echo')
  const times: number[] = []
  for (let round = 0; round < ROUND_TRIPS; round++) {
    const startedAt = performance.now()
    socket.write(Uint8Array.of(round))
    await once(socket, 'data')
    times.push(performance.now() - startedAt)
  }
  socket.end()
  await once(socket, 'close')
  times.sort((a, b) => a - b)
  return times[ROUND_TRIPS / 2] as number
}
