import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'

const child = fileURLToPath(new URL('net-alive-child.mjs', import.meta.url))
const run = promisify(execFile)

beforeAll(() => {
  if (existsSync(new URL('../dist/index.js', import.meta.url))) return
  throw new Error('the package is not built: run `npm run build` before this test')
})

const ends: Record<string, 'ends' | 'alive'> = {
  nothing: 'ends',
  'a socket that is not connected': 'ends',
  'a server that listens': 'alive',
  'an unref server': 'ends',
  'a server that was unref before it listens': 'ends',
  'a server that is ref again': 'alive',
  'a closed server': 'ends',
  'a connected socket': 'alive',
  'unref sockets': 'ends',
  'a socket that is paused before it reads': 'ends',
  'an accepted socket': 'alive',
  'a lookup that never answers': 'ends',
  'what nobody reads': 'ends',
}

test.concurrent.each(Object.entries(ends))(
  'a process with %s: %s, as over the real net',
  async (name, expected) => {
    const [real, own] = await Promise.all(
      ['net', 'astranet'].map(async (over) => (await run(process.execPath, [child, over, name])).stdout),
    )
    expect({ real, own }).toEqual({ real: expected, own: expected })
  },
  30_000,
)
