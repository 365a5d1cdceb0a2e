import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const child = fileURLToPath(new URL('two-copies-child.mjs', import.meta.url))
const packages = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'astranet-copy-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Installs a built package and what it depends on in `folder`. */
function install(name: string): void {
  const [source, target] = [join(packages, name), join(folder, 'node_modules/@astranet', name)]
  if (existsSync(target)) return
  mkdirSync(target, { recursive: true })
  for (const part of ['package.json', 'dist'])
    cpSync(join(source, part), join(target, part), { recursive: true })
  const { dependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  for (const dependency of Object.keys(dependencies)) {
    if (dependency.startsWith('@astranet/')) install(dependency.slice('@astranet/'.length))
    else link(join(source, 'node_modules', dependency), join(folder, 'node_modules', dependency))
  }
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  if (!existsSync(to)) symlinkSync(realpathSync(from), to)
}

test('nodes of several copies of the package work together in one process, and it ends', async () => {
  const own = join(packages, 'core/dist/index.js')
  if (!existsSync(own)) throw new Error('the package is not built: run `npm run build` before this test')
  install('core')
  const other = join(folder, 'node_modules/@astranet/core/dist/index.js')
  const { stdout } = await promisify(execFile)(process.execPath, [child, own, other], {
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  const names = ['imported', 'with a query', 'of another folder']
  expect(stdout.trim().split('\n')).toEqual([
    'required is imported: true',
    'copies: 3',
    ...names.flatMap((one) => names.map((two) => `${two} to ${one}`)),
    'closed',
    'the program ends',
  ])
}, 30_000)
