import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exec } from '../lib/exec.mjs'
import { Failure } from '../lib/failure.mjs'
import { brokenLinks } from '../lib/markdown-links.mjs'
import { say } from '../lib/say.mjs'
import { root } from '../lib/workspace.mjs'

/** Every link in a Markdown document leads to a file of the repository, and its `#anchor` to a heading there. */
export async function check() {
  return checkLinks(root, await filesOf(root))
}

/**
 * Prints each broken link with its document and line. Needs no network: links to elsewhere are not followed.
 *
 * @param {string} folder the root that paths are relative to
 * @param {string[]} files paths of all files, with `/`
 * @param {(line: string) => void} [print]
 */
export function checkLinks(folder, files, print = say) {
  const documents = new Map(
    files
      .filter((path) => path.endsWith('.md'))
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  )
  const { broken, count } = brokenLinks(documents, files)
  for (const { path, link, why } of broken) print(`${path}:${link.line}: broken link "${link.url}": ${why}`)
  if (broken.length === 0) print(`${count} links in ${documents.size} documents lead to a file and a heading`)
  return broken.length === 0
}

/**
 * What a clone would have, and files that are not committed yet; not what was built or installed.
 *
 * @param {string} folder
 */
async function filesOf(folder) {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']
  const { exitCode, output } = await exec('git', args, { cwd: folder, output: 'capture' })
  if (exitCode !== 0) throw new Failure('git ls-files failed', 'the check needs git and a repository')
  const { output: deleted } = await exec('git', ['ls-files', '-z', '--deleted'], {
    cwd: folder,
    output: 'capture',
  })
  const gone = new Set(deleted.split('\0'))
  return output.split('\0').filter((path) => path !== '' && !gone.has(path))
}
