import diagnostics from 'node:diagnostics_channel'
import type { AstraNet, LinkPath } from '@astranet/core'
import { nowMs } from './now.js'

/** Published by a node when new streams to another node take another path. */
const LINK_PATH = 'astranet:link:path'

/** How long the other node may take to be reached directly, in ms. */
const TIMEOUT_MS = 30_000

/** Asks for a direct connection to the node of `echo`. Resolves with the time at which new streams began to use it. */
export async function moveToDirect(node: AstraNet): Promise<number> {
  let movedAtMs: number | undefined
  const onPath = (message: unknown): void => {
    const { path } = message as { readonly path: LinkPath | undefined }
    if (path?.kind === 'direct') movedAtMs ??= nowMs()
  }
  diagnostics.subscribe(LINK_PATH, onPath)
  try {
    const socket = await node.dial('', 'echo', { path: 'direct', timeoutMs: TIMEOUT_MS })
    socket.destroy()
    if (movedAtMs === undefined)
      throw new Error('there was a direct path already before the client asked for one')
    return movedAtMs
  } finally {
    diagnostics.unsubscribe(LINK_PATH, onPath)
  }
}
