/**
 * @typedef {object} Example
 * @property {string} code
 * @property {number} line of the file, where the code begins
 * @property {boolean} isRun whether it is also run, not only type-checked
 */

/**
 * The TypeScript examples of a README: its fences of language `ts`. Each is a module of its own. `ts no-run` is
 * type-checked only; every other language is text.
 *
 * @param {string} markdown
 * @returns {Example[]}
 */
export function readmeExamples(markdown) {
  /** @type {Example[]} */
  const examples = []
  let fence = ''
  /** @type {Example | undefined} */
  let open
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, marks = '', info = ''] = /^(```+)\s*(.*?)\s*$/.exec(line) ?? []
    if (fence === '' && marks !== '') {
      fence = marks
      const [language, ...words] = info.split(/\s+/)
      if (language === 'ts') open = { code: '', line: index + 2, isRun: !words.includes('no-run') }
    } else if (fence !== '' && marks === fence && info === '') {
      if (open !== undefined) examples.push(open)
      fence = ''
      open = undefined
    } else if (open !== undefined) {
      open.code += `${line}\n`
    }
  }
  return examples
}
