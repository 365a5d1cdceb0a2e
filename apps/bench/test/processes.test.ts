import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measure, type Outcome } from '../src/host/measure.js'
import type { Report } from '../src/host/results.js'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'astranet-bench-test-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Measures a program from Node's command line, as both sides. */
function measureProgram(program: string, timeLimitMs: number): Promise<Outcome> {
  const contestant = {
    name: 'broken',
    windows: '',
    works: ['bulk'],
    maxOpenStreams: 1,
    // The task follows `--`, as an argument of the program.
    command: [process.execPath, '-e', program, '--'],
  }
  return measure({ contestant, work: 'bulk', sizes: {}, environment: {}, timeLimitMs }, () => undefined)
}

const SIDE = 'const { side } = JSON.parse(process.argv[1]);'
const LISTEN = `if (side === 'server') { console.log('{"event":"listening","address":"x"}'); process.stdin.resume() }`

describe('a measurement', () => {
  it('fails when a process ends, and says what it said last', async () => {
    const { failure } = await measureProgram('throw new Error("no such thing")', 60_000)
    expect(failure).toBe('server: it ended with exit code 1: throw new Error("no such thing")')
  })

  it('fails when the work hangs, after its time limit', async () => {
    const { failure } = await measureProgram('process.stdin.resume()', 1)
    expect(failure).toBe('not finished after 0.001 s, at 0 %')
  })

  it('keeps the values from before a failure', async () => {
    const client = `else { console.log('{"event":"value","metric":"rate","value":7}'); console.log('{"event":"failed","message":"lost bytes"}') }`
    const { values, failure } = await measureProgram(`${SIDE} ${LISTEN} ${client}`, 60_000)
    expect([...values]).toEqual([['rate', 7]])
    expect(failure).toBe('client: lost bytes')
  })

  it('is not disturbed by what a library prints', async () => {
    const client = `else { console.log('hello'); console.log('{"event":"done"}') }`
    expect((await measureProgram(`${SIDE} ${LISTEN} ${client}`, 60_000)).failure).toBeUndefined()
  })
})

describe('the command', () => {
  beforeAll(async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    await execute(process.execPath, [tsc, '-b', 'tsconfig.build.json'], { cwd: join(root, 'apps/bench') })
  }, 120_000)

  it('measures in two processes and writes results, a table and plots', { timeout: 120_000 }, async () => {
    const json = join(folder, 'all.json')
    const options = ['--only', 'churn,memory', '--peers', 'http2,mux-light', '--runs', '1']
    const where = ['--scale', '0.001', '--malloc', 'tuned', '--json', json, '--out', folder]
    const { stdout } = await execute(process.execPath, ['dist/main.js', ...options, ...where], {
      cwd: join(root, 'apps/bench'),
    })
    expect(stdout).toContain('300,000 streams')
    const report = JSON.parse(readFileSync(json, 'utf8')) as Report
    expect(report.failures).toEqual([])
    expect(report.machine.cores).toBeGreaterThan(0)
    expect(report.versions.node).toBe(process.versions.node)
    const [http2, muxLight] = report.runs.filter(({ work }) => work === 'churn')
    expect(http2).toMatchObject({ peer: 'http2', metric: 'rate', unit: 'streams/s', malloc: 'tuned' })
    expect(http2?.values).toEqual([http2?.median])
    expect(Object.keys(http2?.ratioTo ?? {})).toEqual([muxLight?.peer])
    for (const name of ['churn.tuned', 'memory.tuned']) {
      expect(existsSync(join(folder, `${name}.json`))).toBe(true)
      expect(readFileSync(join(folder, `${name}.svg`), 'utf8')).toMatch(/^<svg/)
    }
  })

  it('measures the CPU time of both processes', { timeout: 120_000 }, async () => {
    const json = join(folder, 'cpu.json')
    const options = ['--only', 'bulk,handshakes', '--peers', 'tls', '--runs', '1', '--scale', '0.01']
    await execute(process.execPath, ['dist/main.js', ...options, '--json', json], {
      cwd: join(root, 'apps/bench'),
    })
    const { runs } = JSON.parse(readFileSync(json, 'utf8')) as Report
    const ofCpu = runs.filter(({ metric }) => metric.endsWith('CPU'))
    expect(ofCpu.map(({ work, metric, unit }) => `${work}: ${metric}, ${unit}`)).toEqual([
      'bulk: client CPU, s/GiB',
      'bulk: server CPU, s/GiB',
      'handshakes: client CPU, us/connection',
      'handshakes: server CPU, us/connection',
    ])
    // The two processes work at the same time, so a mix-up of start and end would be negative.
    for (const { median } of ofCpu) expect(median).toBeGreaterThan(0)
  })

  it('measures a peer once that takes long, and says so', { timeout: 120_000 }, async () => {
    const json = join(folder, 'once.json')
    const options = ['--only', 'latency', '--peers', 'tcp,mux-light', '--runs', '2', '--once-over', '0.001']
    const { stdout } = await execute(
      process.execPath,
      ['dist/main.js', ...options, '--scale', '0.001', '--json', json],
      { cwd: join(root, 'apps/bench') },
    )
    expect(stdout).toContain('measured once, for it takes long: tcp, mux-light\n')
    const { runs, measuredOnce } = JSON.parse(readFileSync(json, 'utf8')) as Report
    expect(measuredOnce.map(({ work, peer }) => `${work} ${peer}`)).toEqual([
      'latency tcp',
      'latency mux-light',
    ])
    for (const { values } of runs) expect(values).toHaveLength(1)
  })

  it('measures pings and a hub with few links', { timeout: 120_000 }, async () => {
    const few = ['--seconds', '1', '--settle', '0']
    const run = async (args: readonly string[]): Promise<string> => {
      const { stdout } = await execute(process.execPath, ['dist/main.js', ...args, ...few], {
        cwd: join(root, 'apps/bench'),
      })
      return stdout
    }
    const pings = await run(['pings', '--links', '3'])
    expect(pings.match(/(in the clear|encrypted), (no pings|a ping every 5 s)/g)).toHaveLength(4)
    const hub = await run(['hub', '--links', '12', '--changes', '8'])
    expect(hub).toMatch(/^12 leaves joined in /)
    expect(hub).toMatch(/[1-9]\d* leaves came and [1-9]\d* went/)
    expect(hub).not.toContain('failed')
    expect(hub).toContain('a leaf holds at most 1 logs of others')
  })

  it('refuses a wrong argument with a sentence and exit code 2', async () => {
    const run = execute(process.execPath, ['dist/main.js', '--only', 'nothing'], {
      cwd: join(root, 'apps/bench'),
    })
    await expect(run).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^--only: there is no "nothing"/) as string,
    })
  })
})
