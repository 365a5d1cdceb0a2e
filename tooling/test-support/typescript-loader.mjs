// Lets a child process of a test run the sources as they are: `node --import <this file>
// --conditions=@astranet/source`.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, threadId } from 'node:worker_threads'

const require = module.createRequire(import.meta.url)

/** Compiling all sources takes some 5 s, so what is compiled is kept, by the hash of its source. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/typescript-loader/', import.meta.url))

/** Installs the hooks in this thread. Node 26 warns of `register`; before, `registerHooks` is missing or incomplete. */
export function install() {
  if (Number.parseInt(process.versions.node) < 26) module.register(import.meta.url)
  else module.registerHooks({ resolve, load })
}

if (isMainThread) install()

/** Sources name each other by what they are compiled to. */
export function resolve(specifier, context, next) {
  const isSource = specifier.startsWith('.') && context.parentURL?.endsWith('.ts') === true
  return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context)
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context)
  return { format: 'module', source: compiled(readFileSync(fileURLToPath(url), 'utf8')), shortCircuit: true }
}

function compiled(source) {
  const file = `${cache}${createHash('sha256').update(source).digest('hex')}.js`
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const output = compile(source)
    mkdirSync(cache, { recursive: true })
    // Several processes may do this at once, and none may read half a file.
    const part = `${file}.${process.pid}.${threadId}`
    writeFileSync(part, output)
    renameSync(part, file)
    return output
  }
}

function compile(source) {
  const typescript = require('typescript')
  const compilerOptions = {
    module: typescript.ModuleKind.ESNext,
    target: typescript.ScriptTarget.ES2022,
    verbatimModuleSyntax: true,
  }
  return typescript.transpileModule(source, { compilerOptions }).outputText
}
