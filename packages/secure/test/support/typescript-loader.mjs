import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import typescript from 'typescript'

// Loaded with --import it registers itself as the loader.
if (isMainThread) register(import.meta.url)

/** Finds `x.ts` where `x.js` is imported. */
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context)
  } catch (error) {
    if (!specifier.endsWith('.js')) throw error
    return next(`${specifier.slice(0, -3)}.ts`, context)
  }
}

/** Compiles TypeScript. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context)
  const compilerOptions = { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 }
  const { outputText } = typescript.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), {
    compilerOptions,
  })
  return { format: 'module', source: outputText, shortCircuit: true }
}
