import type { Work } from '../work.js'
import { besideBulk } from './beside-bulk.js'
import { bulk } from './bulk.js'
import { churn } from './churn.js'
import { dial } from './dial.js'
import { handshakes } from './handshakes.js'
import { latency } from './latency.js'
import { many } from './many.js'
import { memory } from './memory.js'
import { small } from './small.js'

/** Every work, in the order of the tables. */
export const works: readonly Work[] = [
  bulk,
  many,
  small,
  churn,
  latency,
  besideBulk,
  memory,
  dial,
  handshakes,
]
