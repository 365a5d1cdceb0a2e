import ts from 'typescript'

/**
 * JavaScript without its comments. Lines and columns of the code stay, so that source maps hold; `//# sourceMappingURL`
 * stays too, and a comment in the middle of an expression may.
 *
 * @param {string} text
 * @returns {string}
 */
export function stripComments(text) {
  let stripped = ''
  let at = 0
  for (const { pos, end } of commentsOf(text)) {
    const before = text.slice(at, pos)
    stripped += /^(\n|$)/.test(text.slice(end, end + 1)) ? before.replace(/[ \t]+$/, '') : before
    stripped += text.slice(pos, end).replaceAll(/[^\n]/g, '')
    at = end
  }
  return stripped + text.slice(at)
}

/**
 * @param {string} text
 * @returns {ts.CommentRange[]} in order
 */
function commentsOf(text) {
  const source = ts.createSourceFile('file.js', text, ts.ScriptTarget.ESNext, false, ts.ScriptKind.JS)
  /** @type {Map<number, ts.CommentRange>} */
  const found = new Map()
  /** @param {ts.CommentRange[] | undefined} ranges */
  const note = (ranges) => {
    for (const range of ranges ?? []) if (!text.startsWith('//#', range.pos)) found.set(range.pos, range)
  }
  /** @param {ts.Node} node */
  const visit = (node) => {
    note(ts.getLeadingCommentRanges(text, node.getFullStart()))
    note(ts.getTrailingCommentRanges(text, node.getEnd()))
    ts.forEachChild(node, visit)
  }
  visit(source)
  note(ts.getLeadingCommentRanges(text, source.endOfFileToken.getFullStart()))
  return [...found.values()].sort((one, other) => one.pos - other.pos)
}
