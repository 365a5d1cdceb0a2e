import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execNode } from './exec.mjs'
import { Failure } from './failure.mjs'
import { execNpm } from './npm.mjs'
import { readManifest } from './workspace.mjs'

/** @typedef {import('./pack.mjs').PackedPackage} PackedPackage */

/** The compilers that must accept our declarations, from the oldest to the newest. */
export const compilers = [
  'tooling/typescript-versions/node_modules/typescript-5.9/bin/tsc',
  'node_modules/typescript/bin/tsc',
  'tooling/typescript-versions/node_modules/typescript-7.0/bin/tsc',
]

/**
 * Makes a project of a user that installs `wanted`, the types of Node, and nothing else. Our packages come from the
 * tarballs, others from the registry.
 *
 * @param {string} path of the folder to make, outside the workspace
 * @param {PackedPackage[]} wanted
 * @param {PackedPackage[]} all
 * @returns {Promise<void>}
 */
export async function makeProject(path, wanted, all) {
  mkdirSync(path, { recursive: true })
  const manifest = {
    private: true,
    type: 'module',
    dependencies: specs(wanted),
    devDependencies: { '@types/node': readManifest('.').devDependencies?.['@types/node'] },
    overrides: specs(all),
  }
  writeFileSync(join(path, 'package.json'), JSON.stringify(manifest, undefined, 2))
  writeFileSync(join(path, 'tsconfig.json'), JSON.stringify(tsconfig(), undefined, 2))
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const { exitCode, output } = await execNpm(args, { cwd: path, output: 'capture' })
  if (exitCode !== 0) throw new Failure(`the tarballs cannot be installed: ${output}`, "see npm's message")
}

/**
 * Type-checks the project with every compiler and writes JavaScript into its folder `out` with the one we build with.
 *
 * @param {string} path
 * @returns {Promise<string[]>} what they found wrong
 */
export async function compileProject(path) {
  const faults = []
  for (const compiler of compilers) {
    const emit = compiler.startsWith('node_modules') ? [] : ['--noEmit']
    const { exitCode, output } = await execNode(compiler, ['-p', '.', ...emit], {
      cwd: path,
      output: 'capture',
    })
    if (exitCode !== 0) faults.push(`${compiler}:\n${output}`)
  }
  return faults
}

/** @param {PackedPackage[]} packages */
function specs(packages) {
  return Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
}

function tsconfig() {
  return {
    compilerOptions: {
      target: 'ES2023',
      lib: ['ES2023'],
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      // Our declarations must stand for themselves.
      skipLibCheck: false,
      types: ['node'],
      outDir: 'out',
    },
    include: ['*.ts'],
  }
}
