import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** A web server in this process with an empty page for each program in `pages`, for example `/secret`. */
export interface Web extends AsyncDisposable {
  readonly server: Server
  /** For example `localhost:8080`, which browsers trust like https. */
  readonly host: string
}

/** Bundles the programs, and serves them. */
export async function startWeb(...programs: string[]): Promise<Web> {
  const scripts = new Map<string, string>()
  for (const name of programs) scripts.set(`/${name}.js`, await bundle(name))
  const server = createServer(({ url = '/' }, response) => {
    const script = scripts.get(url)
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
    response.end(script ?? `<!doctype html><link rel="icon" href="data:,"><script src="${url}.js"></script>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    host: `localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A program as one script, with all its imports. */
async function bundle(name: string): Promise<string> {
  const entry = fileURLToPath(new URL(`pages/${name}.ts`, import.meta.url))
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2023', lib: { entry, formats: ['iife'], name: 'program' } },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const chunks = outputs.flatMap((each) => ('output' in each ? each.output : []))
  return chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('')
}
