import { AstraNet } from '@astranet/core/browser'

/** What {@link greet} is told. */
export interface GreetOptions {
  readonly url: string
  /** Of the network, in the clear. Default: none. */
  readonly secret?: string
}

/** What came of it. */
export interface Greeting {
  /** What the server said, when the page has joined. */
  readonly text?: string
  /** Why it has not. */
  readonly code?: string
}

/** Joins a node, and reads what its service `greeting` says. */
async function greet({ url, secret }: GreetOptions): Promise<Greeting> {
  await using node = new AstraNet(secret === undefined ? {} : { secret, insecure: true })
  try {
    await node.join('ws', url)
    const socket = await node.dial('', 'greeting')
    return { text: await new Response(socket.readable).text() }
  } catch (error) {
    return { code: String((error as { code?: string }).code) }
  }
}

Object.assign(globalThis, { greet })
