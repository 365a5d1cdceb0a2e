/**
 * @typedef {object} Example
 * @property {string} code
 * @property {number} line of the file, where the code begins
 * @property {boolean} isRun whether it is also run, not only type-checked
 * @property {boolean} isAlone whether it needs nothing but the README's package and what that depends on
 */

/**
 * The TypeScript examples of a README: its fences of language `ts`. Each is a module of its own. `ts no-run` is
 * type-checked only. `ts with-others` needs packages that the README's own does not depend on. Every other language is
 * text.
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
      if (language === 'ts') {
        const [isRun, isAlone] = [!words.includes('no-run'), !words.includes('with-others')]
        open = { code: '', line: index + 2, isRun, isAlone }
      }
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
