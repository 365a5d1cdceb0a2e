import { AstraNet } from '@astranet/core/browser'
import { ws } from '@astranet/transport-ws/browser'

/** Options of {@link greet}. */
export interface GreetOptions {
  readonly url: string
  /** The secret of the network. Default: none. */
  readonly secret?: string
}

/** Result of {@link greet}. */
export interface Greeting {
  /** The text of the server, if the page has joined. */
  readonly text?: string
  /** The error code, if the page has not joined. */
  readonly code?: string
}

/** Joins a node, and reads the text of its service `greeting`. */
async function greet({ url, secret }: GreetOptions): Promise<Greeting> {
  try {
    await using node = await AstraNet.create(secret === undefined ? {} : { secret })
    await node.join('ws', url)
    const socket = await node.dial('', 'greeting')
    return { text: await new Response(socket.readable).text() }
  } catch (error) {
    return { code: String((error as { code?: string }).code) }
  }
}

/** Connects to a node without being one, as any program of a page may. Resolves with the code, or `'connected'`. */
async function knock(url: string): Promise<string> {
  try {
    const connection = await ws().dial('ws', url)
    connection.abort(new Error('enough'))
    return 'connected'
  } catch (error) {
    return String((error as { code?: string }).code)
  }
}

Object.assign(globalThis, { greet, knock })
