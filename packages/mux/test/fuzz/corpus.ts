import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Reads the inputs of a folder: hexadecimal text, one input a file, in the order of their names. */
export function readCorpus(folder: string): Uint8Array[] {
  mkdirSync(folder, { recursive: true })
  return readdirSync(folder)
    .filter((name) => name.endsWith('.hex'))
    .sort()
    .map((name) => new Uint8Array(Buffer.from(readFileSync(join(folder, name), 'utf8').trim(), 'hex')))
}

/** Adds inputs to a folder. What is there already stays. Returns how many were new. */
export function addToCorpus(folder: string, inputs: readonly Uint8Array[]): number {
  const known = new Set(readdirSync(folder))
  let added = 0
  for (const input of inputs) {
    const name = `${createHash('sha256').update(input).digest('hex').slice(0, 16)}.hex`
    if (known.has(name)) continue
    writeFileSync(join(folder, name), `${Buffer.from(input).toString('hex')}\n`)
    added += 1
  }
  return added
}
