import { AstraNet, type AstraNetOptions } from '@astranet/core/browser'

/** How a page becomes a member: by an address, or by a ticket. */
export interface Membership {
  readonly url?: string
  readonly ticket?: string
  readonly secret?: string
  /** The name under which the browser keeps the page's identity. Default: a new one. */
  readonly identity?: string
}

/** What the page has seen. */
export interface Met {
  /** The page's node id in decimal. */
  readonly nodeId: string
  /** What protects the link, as the page knows it. */
  readonly security: string
  /** The server's text, which the page has dialed. */
  readonly greeting: string
  /** The text of the server, which has dialed the page. */
  readonly question: string
}

/** The error of a page that is let in nowhere. */
export interface NotMet {
  readonly code: string | undefined
  readonly message: string
}

/** Joins, dials `greeting`, and is dialed at `page`, where it answers with its name. */
async function meet({ url, ticket, secret, identity }: Membership): Promise<Met | NotMet> {
  try {
    const options: AstraNetOptions = {
      ...(secret === undefined ? {} : { secret }),
      ...(identity === undefined ? {} : { identity }),
    }
    await using node = await AstraNet.create(options)
    const listener = await node.bind('', 'page')
    if (ticket === undefined) await node.join('ws', String(url))
    else await node.join(ticket)
    const dialed = await node.dial('', 'greeting')
    const [greeting] = await Promise.all([new Response(dialed.readable).text(), dialed.writable.close()])
    await dialed.closed
    const asked = await listener.accept()
    const question = await new Response(asked.readable).text()
    await new Response('a page').body?.pipeTo(asked.writable)
    await asked.closed
    const { security } = dialed.remoteIdentity
    return { nodeId: String(node.nodeId), security, greeting, question }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return { code, message }
  }
}

Object.assign(globalThis, { meet })
