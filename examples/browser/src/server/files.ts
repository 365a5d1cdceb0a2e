import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.map': 'application/json',
}

const BASE = 'http://localhost'

/** Serves the files of a folder. */
export function serveFiles(folder: string): (request: IncomingMessage, response: ServerResponse) => void {
  return ({ url = '/' }, response) => {
    // The path of a parsed URL contains no `..`, not even an encoded one.
    const pathname = URL.canParse(url, BASE) ? new URL(url, BASE).pathname : '/'
    const path = join(folder, pathname === '/' ? 'index.html' : pathname)
    createReadStream(path)
      .once('open', () => response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain'))
      .once('error', () => response.writeHead(404).end('not found\n'))
      .pipe(response)
  }
}
