import type { ByteDuplex } from '@astranet/interface'
import { check, checkBytes, checkSame, codeOf } from '../assert.js'
import type { ByteDuplexSuiteOptions, ExpectedSecurity } from '../duplex-suite-options.js'
import { PairProbe } from '../pair-probe.js'
import type { Check } from '../runner.js'

const LABEL = 'EXPORTER-astranet-testkit'
const BYTES = 32

/** What the two ends report of the pipe's security. */
export function securityChecks(options: ByteDuplexSuiteOptions): readonly Check<PairProbe>[] {
  return [
    {
      name: 'reports its security, the same before and after its end',
      run: (pair) => reported(pair, options),
    },
    { name: 'exports the same keying material at both ends, other material for each label', run: exported },
    { name: 'exports other keying material on another pipe', run: (pair) => compared(pair, options) },
    { name: 'exports no keying material once it has closed', run: closed },
  ]
}

async function reported(pair: PairProbe, { security }: ByteDuplexSuiteOptions): Promise<void> {
  const before = [pair.a.security, pair.b.security]
  const [a, b] = [factsOf(pair.a), factsOf(pair.b)]
  const [expectedA, expectedB] =
    security === undefined ? [b, a] : 'isPrivate' in security ? [security, security] : security
  checkFacts(a, expectedA, 'a')
  checkFacts(b, expectedB, 'b')
  const [probe] = pair.probes()
  pair.a.abort(new Error('enough'))
  await probe.closed()
  checkSame(pair.a.security, before[0], 'security of a after its close')
  checkSame(pair.b.security, before[1], 'security of b after the close of a')
}

async function exported({ a, b }: PairProbe): Promise<void> {
  const [one, other] = [exporterOf(a), exporterOf(b)]
  if (one === undefined || other === undefined) return
  const bytes = one(BYTES, LABEL)
  checkSame(bytes.length, BYTES, 'bytes exported')
  checkBytes(other(BYTES, LABEL), bytes, 'keying material of the other end')
  checkBytes(one(BYTES, LABEL), bytes, 'keying material exported again')
  check(differs(one(BYTES, `${LABEL}-2`), bytes), 'another label should give other keying material')
  checkSame(one(1, LABEL).length, 1, 'bytes exported')
  check(
    throwsRangeError(() => one(0, LABEL)),
    'a length of 0 should throw a RangeError',
  )
}

async function compared(pair: PairProbe, options: ByteDuplexSuiteOptions): Promise<void> {
  const exporter = exporterOf(pair.a)
  if (exporter === undefined) return
  const bytes = exporter(BYTES, LABEL)
  const second = new PairProbe(await options.createPair(), options.aheadBytes)
  try {
    const found = exporterOf(second.a)?.(BYTES, LABEL)
    check(found !== undefined, 'every pipe should have an exporter when one has')
    check(differs(found, bytes), 'two pipes should export different keying material')
  } finally {
    await second.close()
  }
}

async function closed(pair: PairProbe): Promise<void> {
  const exporter = exporterOf(pair.a)
  if (exporter === undefined) return
  const [probe] = pair.probes()
  pair.a.abort(new Error('enough'))
  await probe.closed()
  let code: unknown = 'nothing thrown'
  try {
    exporter(BYTES, LABEL)
  } catch (error) {
    code = codeOf(error)
  }
  checkSame(code, 'ECONNRESET', 'code of an export after the close')
}

function exporterOf({ security }: ByteDuplex): ((length: number, label: string) => Uint8Array) | undefined {
  return security?.exportKeyingMaterial
}

function factsOf(end: ByteDuplex): ExpectedSecurity {
  return { isPrivate: end.security?.isPrivate ?? false, hasExporter: exporterOf(end) !== undefined }
}

function checkFacts(found: ExpectedSecurity, expected: ExpectedSecurity, name: string): void {
  checkSame(found.isPrivate, expected.isPrivate, `isPrivate of ${name}`)
  checkSame(found.hasExporter, expected.hasExporter, `has an exporter, ${name}`)
}

function differs(some: Uint8Array, others: Uint8Array): boolean {
  return some.some((byte, index) => byte !== others[index])
}

function throwsRangeError(body: () => unknown): boolean {
  try {
    body()
    return false
  } catch (error) {
    return error instanceof RangeError
  }
}
