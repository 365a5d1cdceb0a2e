#!/usr/bin/env node
// Prints a new secret for a network, one line: `astranet-secret > network.secret`.
import { generateSecret } from '@astranet/core'

process.stdout.write(`${generateSecret()}\n`)
