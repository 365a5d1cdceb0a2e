import { readFileSync } from 'node:fs'
import { messageLengths } from '@astranet/secure/proto'
import { expect, test } from 'vitest'
import {
  DEFAULT_HANDSHAKES_PER_SECOND,
  DEFAULT_HELLO_TIMEOUT_MS,
  DEFAULT_SLOTS_PER_HOST,
  DEFAULT_SLOTS_PER_STAGE,
  DEFAULT_TOTAL_HANDSHAKES_PER_SECOND,
  HelloLimit,
  MAX_DOORWAY_BYTES,
  MAX_HELLO_BYTES,
  PREAMBLE_BYTES,
} from '@astranet/link'
import { MAX_HELLO_MESSAGE_BYTES } from '../src/io/doorway/hello-message.js'
import { MAX_REMEMBERED_HOSTS } from '../src/proto/slots/begin-quota.js'
import { MAX_LEAVING_PIPES } from '../src/proto/slots/slot-keeper.js'

const [limits, spec] = ['../../../docs/LIMITS.md', '../../../spec/astranet-1.md'].map((path) =>
  readFileSync(new URL(path, import.meta.url), 'utf8'),
) as [string, string]

const number = (value: number): string => value.toLocaleString('en-US')
const first = messageLengths(1, true, 0).min
const second = messageLengths(2, true, PREAMBLE_BYTES + MAX_HELLO_MESSAGE_BYTES)
const third = messageLengths(3, true, MAX_HELLO_MESSAGE_BYTES)

test.each([
  [
    'LIMITS.md',
    limits,
    `| time from \`start\` until the link is open | ${DEFAULT_HELLO_TIMEOUT_MS / 1_000} s |`,
  ],
  ['LIMITS.md', limits, `| preamble | ${PREAMBLE_BYTES} bytes |`],
  [
    'LIMITS.md',
    limits,
    `(${first} with a secret), then up to ${number(second.max)} and ${number(third.max)} |`,
  ],
  ['LIMITS.md', limits, `${number(MAX_DOORWAY_BYTES)} bytes if the pipe does not pause`],
  ['LIMITS.md', limits, `| HELLO | ${number(MAX_HELLO_BYTES)} bytes; ${HelloLimit.ROLES} roles of`],
  ['LIMITS.md', limits, `a grant of ${number(HelloLimit.GRANT_BYTES)} |`],
  ['LIMITS.md', limits, `message 2 sent | ${number(DEFAULT_SLOTS_PER_STAGE)} |`],
  ['LIMITS.md', limits, `IPv6 address) | ${DEFAULT_SLOTS_PER_HOST} | \`maxPerHost\``],
  ['LIMITS.md', limits, `for one host | ${DEFAULT_HANDSHAKES_PER_SECOND} in a second`],
  [
    'LIMITS.md',
    limits,
    `for all hosts together | ${number(DEFAULT_TOTAL_HANDSHAKES_PER_SECOND)} in a second`,
  ],
  ['LIMITS.md', limits, `are counted | ${number(MAX_REMEMBERED_HOSTS)}, each for 1 s`],
  ['LIMITS.md', limits, `read the refusal | ${MAX_LEAVING_PIPES} for all links`],
  ['astranet-1.md', spec, `| preamble | ${PREAMBLE_BYTES} bytes |`],
  [
    'astranet-1.md',
    spec,
    `${second.min} to ${second.min} + ${PREAMBLE_BYTES} + ${number(MAX_HELLO_MESSAGE_BYTES)}`,
  ],
  ['astranet-1.md', spec, `${third.min} to ${third.min} + ${number(MAX_HELLO_MESSAGE_BYTES)}`],
])('%s gives a number as the source has it', (_, document, text) => {
  expect(document).toContain(text)
})
