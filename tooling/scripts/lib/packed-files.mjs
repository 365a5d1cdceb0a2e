import { posix } from 'node:path'
import { exec } from './exec.mjs'
import { Failure } from './failure.mjs'
import { readDocument } from './markdown-links.mjs'

/**
 * @param {string} tarball of a package
 * @returns {Promise<string[]>} the paths of its files in the package, with `/`
 */
export async function filesIn(tarball) {
  const { exitCode, output } = await exec('tar', ['-tzf', tarball], { output: 'capture' })
  if (exitCode !== 0) throw new Failure(`${tarball} cannot be read: ${output}`, 'see the message of tar')
  return output.split(/\r?\n/).map((path) => path.replace('package/', ''))
}

/**
 * What users of a package would miss in it: the licence, and what its README links to in its own folder.
 *
 * @param {string} readme its Markdown
 * @param {string[]} files those in its tarball
 * @returns {string[]} the paths that are not there
 */
export function missingFiles(readme, files) {
  const own = readDocument(readme)
    .links.map(({ url }) => posix.normalize(url.replace(/\/?(#.*)?$/, '')))
    .filter((path) => path !== '.' && !path.startsWith('..') && !/^[a-z]+:/i.test(path))
  return ['LICENSE', ...own].filter((wanted) => !files.some((path) => `${path}/`.startsWith(`${wanted}/`)))
}
