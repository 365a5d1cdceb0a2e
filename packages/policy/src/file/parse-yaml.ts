import { Composer, LineCounter, Parser, type CST, type Document, type ParsedNode } from 'yaml'
import { policyError } from './policy-error.js'

/** How deep values may lie in each other. A policy needs four levels. */
export const MAX_DEPTH = 32

/** A document of YAML, with what it takes to say where things are. */
export interface YamlText {
  readonly contents: ParsedNode | null
  /** `line:column` of an offset in the text. */
  placeOf(offset: number): string
}

/** Parses `text`. Throws `ASTRA_ERR_POLICY` with the place of the first thing that is no YAML. */
export function parseYaml(text: string, fileName: string): YamlText {
  const lines = new LineCounter()
  const placeOf = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${line}:${col}`
  }
  const fail = (offset: number, message: string, cause?: unknown): never => {
    throw policyError(`${fileName}:${placeOf(offset)}: ${message}`, cause)
  }
  const tokens = [...new Parser(lines.addNewLine).parse(text)]
  const deep = firstTooDeep(tokens)
  if (deep !== undefined) fail(deep.offset, `there are more than ${MAX_DEPTH} levels`)
  const [document, second] = compose(tokens, text.length)
  const fault = document?.errors[0] ?? document?.warnings[0]
  if (fault !== undefined) fail(fault.pos[0], `${fault.message}${adviceFor(fault.code)}`, fault)
  if (second !== undefined) fail(second.range[0], 'a policy is one document')
  return { contents: document?.contents ?? null, placeOf }
}

function compose(tokens: readonly CST.Token[], end: number): Document.Parsed<ParsedNode>[] {
  // Keys are texts, as in JSON. Without "merge" the key "<<" is a key like others.
  const composer = new Composer({ prettyErrors: false, stringKeys: true, merge: false, schema: 'core' })
  return [...composer.compose(tokens, true, end)] as Document.Parsed<ParsedNode>[]
}

/**
 * The first collection that lies too deep. The parser works with a list of what is open, but the composer calls itself
 * for each level, and thousands of levels then end the process and not only the call.
 */
function firstTooDeep(tokens: readonly CST.Token[]): CST.Token | undefined {
  const waiting = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next
    if (depth > MAX_DEPTH) return token
    for (const inner of tokensIn(token)) waiting.push({ token: inner, depth: depth + 1 })
  }
  return undefined
}

function tokensIn(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value]
  if (!('items' in token)) return []
  return token.items
    .flatMap(({ key, value }) => [key, value])
    .filter((each) => each !== undefined && each !== null)
}

function adviceFor(code: string): string {
  return code === 'BAD_ALIAS' ? ' (write a pattern that begins with "*" in quotes)' : ''
}
