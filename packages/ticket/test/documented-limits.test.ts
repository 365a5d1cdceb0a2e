import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DEFAULT_MAX_GRANTS, DEFAULT_MAX_HOLDERS } from '../src/proto/ledger/ledger-options.js'
import {
  CLOCK_TOLERANCE_MS,
  GRANT_TIMES,
  GRANT_USES,
  GrantLimit,
  MAX_GRANT_BYTES,
  MAX_TICKET_CHARACTERS,
  TicketLimit,
} from '../src/proto/limits.js'
import { MAX_TEXT_CHARACTERS } from '../src/proto/ticket/envelope.js'

const [limits, spec, readme] = ['../../../docs/LIMITS.md', '../../../spec/ticket.md', '../README.md'].map(
  (path) => readFileSync(new URL(path, import.meta.url), 'utf8').replace(/\s+/g, ' '),
) as [string, string, string]

const number = (value: number): string => value.toLocaleString('en-US')
const { ROLES, ROLE_BYTES, SERVICES, SERVICE_BYTES } = GrantLimit
const { ADDRESSES, ADDRESS_BYTES, SECRET_BYTES } = TicketLimit

test.each([
  [
    'docs/LIMITS.md',
    limits,
    `| ${number(MAX_TICKET_CHARACTERS)} characters; texts above ${number(MAX_TEXT_CHARACTERS)}`,
  ],
  ['docs/LIMITS.md', limits, `| addresses in a ticket | ${ADDRESSES} of ${ADDRESS_BYTES} characters`],
  ['docs/LIMITS.md', limits, `16 characters to ${SECRET_BYTES} bytes of UTF-8`],
  [
    'docs/LIMITS.md',
    limits,
    `| grant | ${number(MAX_GRANT_BYTES)} bytes; ${ROLES} roles of ${ROLE_BYTES} characters`,
  ],
  ['docs/LIMITS.md', limits, `${SERVICES} patterns of services of ${SERVICE_BYTES} bytes`],
  ['docs/LIMITS.md', limits, `${number(GRANT_USES.max)} uses, an end up to ${number(GRANT_TIMES.max)} ms`],
  ['docs/LIMITS.md', limits, `| ${number(CLOCK_TOLERANCE_MS)} ms |`],
  [
    'docs/LIMITS.md',
    limits,
    `| ${number(DEFAULT_MAX_GRANTS)}, until each has expired | \`maxGrants\`, 1 to 1,048,576`,
  ],
  ['docs/LIMITS.md', limits, `| ${number(DEFAULT_MAX_HOLDERS)} of all grants together`],
  ['spec/ticket.md', spec, `A grant has at most ${number(MAX_GRANT_BYTES)} bytes`],
  ['spec/ticket.md', spec, `at most ${ROLES}, each 1 to ${ROLE_BYTES} of the characters`],
  ['spec/ticket.md', spec, `at most ${SERVICES} patterns, each 1 to ${SERVICE_BYTES} bytes of UTF-8`],
  ['spec/ticket.md', spec, `| 1 to ${number(GRANT_USES.max)} |`],
  ['spec/ticket.md', spec, `0 to ${number(GRANT_TIMES.max)} |`],
  ['spec/ticket.md', spec, `at most ${CLOCK_TOLERANCE_MS / 1000} s have passed`],
  ['spec/ticket.md', spec, `It has at most ${number(MAX_TICKET_CHARACTERS)} characters`],
  [
    'spec/ticket.md',
    spec,
    `| 1 to ${ADDRESSES}, in order of preference, each at most ${ADDRESS_BYTES} printable`,
  ],
  ['spec/ticket.md', spec, `at most ${SECRET_BYTES} bytes of UTF-8`],
  [
    'README.md',
    readme,
    `${number(MAX_TICKET_CHARACTERS)} characters; ${ADDRESSES} addresses of ${ADDRESS_BYTES} characters`,
  ],
  ['README.md', readme, `a secret of 16 characters to ${SECRET_BYTES} bytes`],
  [
    'README.md',
    readme,
    `${number(MAX_GRANT_BYTES)} bytes; ${ROLES} roles of ${ROLE_BYTES} characters, ${SERVICES} services`,
  ],
  [
    'README.md',
    readme,
    `${number(DEFAULT_MAX_GRANTS)} grants (\`maxGrants\`) and ${number(DEFAULT_MAX_HOLDERS)} nodes`,
  ],
])('%s gives a number as the source has it (%#)', (_, document, text) => {
  expect(document).toContain(text)
})
