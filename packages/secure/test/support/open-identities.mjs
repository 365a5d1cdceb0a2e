import { readFileSync } from 'node:fs'
import * as secure from '../../src/index.ts'

const [way, ...paths] = process.argv.slice(2)
console.log('ready')
// Waits for the end of the input, so that several processes begin together.
readFileSync(0)
const ids = []
for (const path of paths) ids.push((await secure[way](path)).nodeId)
console.log(ids.join())
