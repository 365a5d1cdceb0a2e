#!/usr/bin/env node
// A relay for AstraNet: `astranet-relay --help`.
import { main } from '../dist/main.js'

await main(process.argv.slice(2))
