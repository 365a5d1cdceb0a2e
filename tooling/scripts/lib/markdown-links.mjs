import { posix } from 'node:path'
import GithubSlugger from 'github-slugger'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString } from 'mdast-util-to-string'

/** @typedef {ReturnType<typeof fromMarkdown>} Root */
/** @typedef {Root | Root['children'][number]} Node */

/**
 * @typedef {object} Link
 * @property {string} url
 * @property {number} line where it begins, from 1
 */

/**
 * @typedef {object} Document a Markdown document, read
 * @property {Link[]} links those of links, images, definitions, and `href` and `src` of HTML
 * @property {Set<string>} anchors what `#anchor` can name: headings, by GitHub's rules, and `id` and `name` of HTML
 */

/** @typedef {{ path: string, link: Link, why: string }} BrokenLink */

/** A link with a scheme leads out of the repository. */
const HAS_SCHEME = /^([a-z][a-z\d+.-]*:|\/\/)/i

/** The lines of a file that is not Markdown, as GitHub names them. */
const LINES = /^L\d+(-L\d+)?$/

/**
 * @param {string} markdown
 * @returns {Document}
 */
export function readDocument(markdown) {
  const slugger = new GithubSlugger()
  /** @type {Document} */
  const document = { links: [], anchors: new Set() }
  for (const node of nodesOf(fromMarkdown(markdown))) {
    const line = node.position?.start.line ?? 0
    if (node.type === 'heading') {
      document.anchors.add(slugger.slug(toString(node, { includeImageAlt: false, includeHtml: false })))
    } else if (node.type === 'link' || node.type === 'image' || node.type === 'definition') {
      document.links.push({ url: node.url, line })
    } else if (node.type === 'html') {
      for (const [, name, value = ''] of node.value.matchAll(/\s(id|name|href|src)=["']([^"']*)["']/gi)) {
        if (/^(href|src)$/i.test(name ?? '')) document.links.push({ url: value, line })
        else document.anchors.add(value)
      }
    }
  }
  return document
}

/**
 * The links that lead nowhere, in the order of documents and lines. Links with a scheme (`https:`) are not followed.
 *
 * @param {Map<string, string>} documents the Markdown documents by path from the root, with `/`
 * @param {Iterable<string>} files the paths of all files, these among them
 * @returns {{ broken: BrokenLink[], count: number }} `count` is how many links were checked
 */
export function brokenLinks(documents, files) {
  const paths = withFolders(files)
  const read = new Map([...documents].map(([path, text]) => [path, readDocument(text)]))
  /** @type {BrokenLink[]} */
  const broken = []
  let count = 0
  for (const [path, { links }] of read) {
    for (const link of links.filter(({ url }) => !HAS_SCHEME.test(url))) {
      count++
      const why = faultOf(path, link.url, { paths, read })
      if (why !== undefined) broken.push({ path, link, why })
    }
  }
  return { broken, count }
}

/**
 * @param {string} from the document's path
 * @param {string} url
 * @param {{ paths: Set<string>, read: Map<string, Document> }} known
 * @returns {string | undefined} why the link is broken
 */
function faultOf(from, url, { paths, read }) {
  const [, encodedPath = '', encodedAnchor] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/s.exec(url) ?? []
  const [path, anchor] = [decoded(encodedPath), decoded(encodedAnchor ?? '')]
  if (path === undefined || anchor === undefined) return 'it has a "%" that begins no byte'
  const target = path === '' ? from : posix.join(path.startsWith('/') ? '' : posix.dirname(from), path)
  const clean = posix.normalize(target).replace(/^\/|\/$/g, '')
  if (clean === '..' || clean.startsWith('../')) return 'it leads out of the repository'
  if (!paths.has(clean)) return `there is no file ${clean}`
  if (encodedAnchor === undefined || anchor === '') return undefined
  const document = read.get(clean) ?? read.get(posix.join(clean, 'README.md'))
  if (document === undefined)
    return LINES.test(anchor) ? undefined : `${clean} is not Markdown, so it has no anchors`
  return document.anchors.has(anchor) ? undefined : `${clean} has no heading #${anchor}`
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** @param {Iterable<string>} files */
function withFolders(files) {
  const paths = new Set(['.'])
  for (const file of files) {
    for (let path = file; path !== '.'; path = posix.dirname(path)) paths.add(path)
  }
  return paths
}

/**
 * @param {Node} node
 * @returns {Generator<Node>}
 */
function* nodesOf(node) {
  yield node
  if ('children' in node) for (const child of node.children) yield* nodesOf(child)
}
