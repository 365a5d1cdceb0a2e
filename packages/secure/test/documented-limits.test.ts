import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MAX_OPENING_RECORDS } from '../src/io/inbound.js'
import { MAX_SEALING_RECORDS } from '../src/io/pipelined-outbound.js'
import { MAX_FILE_BYTES } from '../src/nodejs/identity-file-rules.js'
import { VERIFIED_AT_ONCE } from '../src/nodejs/node-signatures.js'
import { MAX_PAYLOAD_BYTES, messageLengths } from '../src/proto/handshake/lengths.js'
import { DEFAULT_MAX_PAYLOAD_BYTES } from '../src/proto/handshake/options.js'
import { MAX_IMPORTED_KEYS } from '../src/proto/key-cache.js'
import { PSK_ITERATIONS } from '../src/proto/psk.js'
import { MAX_RECORD_BYTES } from '../src/proto/records/header.js'
import { RECORDS_PER_KEY } from '../src/proto/records/record-counter.js'

const documents = ['../../../docs/LIMITS.md', '../../../spec/secure.md', '../README.md'].map((path) =>
  readFileSync(new URL(path, import.meta.url), 'utf8'),
)
const [limits, spec, readme] = documents as [string, string, string]

const lengths = ([1, 2, 3] as const).map((number) => messageLengths(number, false, 0).min)
const number = (value: number): string => value.toLocaleString('en-US')

test.each([
  [
    'docs/LIMITS.md',
    limits,
    `| ${lengths[0]} bytes (${messageLengths(1, true, 0).min} with a secret), then ${lengths[1]} and ${lengths[2]} and`,
  ],
  [
    'docs/LIMITS.md',
    limits,
    `| ${number(DEFAULT_MAX_PAYLOAD_BYTES)} bytes | \`maxPayloadBytes\`, 0 to ${number(MAX_PAYLOAD_BYTES)} |`,
  ],
  ['docs/LIMITS.md', limits, `| record | ${number(MAX_RECORD_BYTES)} bytes, and 20 for`],
  ['docs/LIMITS.md', limits, `| records in flight with WebCrypto | ${MAX_SEALING_RECORDS} in each direction`],
  ['docs/LIMITS.md', limits, `| records sealed with one key | ${number(RECORDS_PER_KEY)} |`],
  ['docs/LIMITS.md', limits, `keeps imported | ${number(MAX_IMPORTED_KEYS)}, about`],
  ['docs/LIMITS.md', limits, `| signatures verified at once | ${VERIFIED_AT_ONCE} in one turn`],
  ['docs/LIMITS.md', limits, `PBKDF2, ${number(PSK_ITERATIONS)} rounds`],
  ['docs/LIMITS.md', limits, `| identity file | ${number(MAX_FILE_BYTES)} bytes |`],
  [
    'spec/secure.md',
    spec,
    `at most ${number(MAX_PAYLOAD_BYTES)} bytes; ${number(DEFAULT_MAX_PAYLOAD_BYTES)} unless`,
  ],
  ['spec/secure.md', spec, `iterations = ${number(PSK_ITERATIONS)}`],
  ['spec/secure.md', spec, `1 to ${number(MAX_RECORD_BYTES)} of data`],
  ['spec/secure.md', spec, `a multiple of ${number(RECORDS_PER_KEY)}`],
  ['README.md', readme, `0 to ${number(MAX_PAYLOAD_BYTES)}. Default ${number(DEFAULT_MAX_PAYLOAD_BYTES)} |`],
  ['README.md', readme, `| identity file | ${number(MAX_FILE_BYTES)} bytes |`],
])('%s gives a number as the source has it', (_, document, text) => {
  expect(document).toContain(text)
})

test('as many records are opened at a time as are sealed', () => {
  expect(MAX_OPENING_RECORDS).toBe(MAX_SEALING_RECORDS)
})
