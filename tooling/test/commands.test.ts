import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from '../scripts/lib/main.mjs'
import { root } from '../scripts/lib/workspace.mjs'

test('every command can be run, and every script of package.json is one', () => {
  const files = readdirSync(join(root, 'tooling/scripts/commands')).map((name) => name.replace('.mjs', ''))
  expect(files.toSorted()).toEqual(commands.toSorted())
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const called = Object.values(scripts).map((script) => script.replace('node tooling/scripts/run.mjs ', ''))
  expect(called.filter((name) => !commands.includes(name))).toEqual([])
})
