import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AstraNet } from '@astranet/core'
import type { Page } from './calls.js'

const PAGE = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>AstraNet</title></head>
  <body>
    <h1>It works</h1>
    <p>This page came from a plain node:http server, which listens on no port of this machine: it is bound to the name
    "web" on an AstraNet node, and the socket that carried it is one stream among many of one TCP connection.</p>
  </body>
</html>
`

/** A request listener of `node:http`, the same as for any other server. */
export function respondWithPage(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(PAGE),
  })
  response.end(PAGE)
}

/** Fetches `/` from the service `web` with `node:http`. */
export async function fetchPage(node: AstraNet): Promise<Page> {
  const socket = await node.httpDial('', 'web')
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      host: 'web',
      path: '/',
      headers: { connection: 'close' },
      createConnection: () => socket,
    }
    request(options, resolve).on('error', reject).end()
  })
  let bytes = 0
  for await (const chunk of response) bytes += (chunk as Buffer).length
  return { status: response.statusCode ?? 0, bytes }
}
