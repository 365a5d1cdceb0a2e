#!/usr/bin/env node
// Prints a new secret for a network, one line: `astranet-secret > network.secret`. The line break is not part of it.
import { generateSecret } from '@astranet/core'

process.stdout.write(`${generateSecret()}\n`)
