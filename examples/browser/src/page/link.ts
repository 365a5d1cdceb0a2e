import { formatNodeId, type AstraNet } from '@astranet/core/browser'
import { element, errorText, show } from './elements.js'

/** How long the server may be away, in ms: `join` keeps trying, and the dial of the clock waits for the server. */
const PATIENCE_MS = 3_600_000

/** Joins the node that serves this page, and then shows whether there is a link to it. */
export async function keepJoined(node: AstraNet): Promise<void> {
  const isSecure = location.protocol === 'https:'
  const network = isSecure ? 'wss' : 'ws'
  try {
    await node.join(network, `${network}://${location.host}/astranet`)
    for (;;) await followClock(node)
  } catch (error) {
    show('status', errorText(error), 'lost')
  }
}

/** Reads the server's clock until the link breaks: the socket then fails at once. */
async function followClock(node: AstraNet): Promise<void> {
  const socket = await node.dial('', 'clock', { timeoutMs: PATIENCE_MS })
  // A restarted server is another node.
  const { remoteNode } = socket
  show('peer', formatNodeId(remoteNode))
  setJoined(true, 'joined')
  try {
    const reader = socket.readable.pipeThrough(new TextDecoderStream() as never).getReader()
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value?: string }
      if (done) return
      show('clock', value?.trim() ?? '')
      show('ping', `${(await node.ping(remoteNode)).toFixed(1)} ms`)
    }
  } catch (error) {
    setJoined(false, `link lost (${errorText(error)}), joining again …`)
  } finally {
    socket.destroy()
  }
}

function setJoined(isJoined: boolean, text: string): void {
  show('status', text, isJoined ? 'joined' : 'lost')
  for (const id of ['start', 'ask']) element(id, HTMLButtonElement).disabled = !isJoined
}
