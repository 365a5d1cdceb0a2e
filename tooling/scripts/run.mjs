// What `npm run <script>` calls: checks the Node version, then runs commands/<script>.mjs.
import { readFileSync } from 'node:fs'
import { unsupportedNode } from './lib/node-version.mjs'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const problem = unsupportedNode(process.versions.node, manifest.engines.node)
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 1
} else {
  // Loaded late, so that an old Node reads the sentence above and not a syntax error from below.
  void import('./lib/main.mjs').then(({ main }) => main(process.argv.slice(2)))
}
