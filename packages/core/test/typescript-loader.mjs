// Lets a child process of a test run the sources as they are: `node --import <this file> --conditions=@astranet/source`.
import { readFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const require = module.createRequire(import.meta.url)

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
  const typescript = require('typescript')
  const { outputText: source } = typescript.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), {
    compilerOptions: {
      module: typescript.ModuleKind.ESNext,
      target: typescript.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
    },
  })
  return { format: 'module', source, shortCircuit: true }
}
