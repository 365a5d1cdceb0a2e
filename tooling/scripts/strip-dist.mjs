/**
 * The last step of a package's build: takes the comments out of its `dist/*.js`. They are in the declarations and in
 * the source maps' sources; in the code each process would hold them in V8's heap for as long as it lives.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripComments } from './lib/strip-comments.mjs'

for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.js')) continue
  const path = join('dist', name)
  const text = readFileSync(path, 'utf8')
  const stripped = stripComments(text)
  if (stripped !== text) writeFileSync(path, stripped)
}
