import { describe, expect, it } from 'vitest'
import { Demo } from './run-demo.js'

/** An expected count. `null` is allowed where the operating system needs a tool that may be missing. */
function counted(count: number): unknown {
  return process.platform === 'linux' ? count : expect.toBeOneOf([count, null])
}

/** The expected figures of a path. */
function figures(path: string, protection: string, toServer: number): unknown {
  return {
    ...{ path, protection, streams: 2000, verifiedBytes: 128_000, lostBytes: 0 },
    opensPerSecond: expect.any(Number),
    roundTripMs: expect.any(Number),
    bulkBytesPerSecond: expect.any(Number),
    tcpConnections: { toRelay: counted(1), toServer: counted(toServer) },
  }
}

describe('the demo', () => {
  it('does its work through the relay, then directly, over one TCP connection each, and loses nothing', async () => {
    const { exitCode, stdout, stderr } = await new Demo('--streams', '2000', '--json').outcome
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      relay: figures('relay', 'encrypted', 0),
      direct: figures('direct', 'private', 1),
      movedAfterMs: expect.any(Number),
      bytesPerStream: {
        client: expect.any(Number),
        relay: expect.any(Number),
        server: expect.any(Number),
      },
      page: { status: 200, bytes: expect.any(Number) },
      discovery: { services: 4, seenAfterMs: expect.any(Number), goneAfterMs: expect.any(Number) },
    })
  })

  it('shows a table, and no progress bar when nobody watches', async () => {
    const { exitCode, stdout, stderr } = await new Demo('--streams', '1').outcome
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/path of all streams \(socket.path\) +│ +relay │ +direct │/)
    expect(stdout).toMatch(/streams open at once +│ +1 │ +1 │/)
    expect(stdout).toMatch(/bytes lost +│ +0 │ +0 │/)
    expect(stdout).toMatch(/TCP connections to the relay +│ +\S.* │ +\S.* │/)
    expect(stdout).toMatch(/services found through the relay +│ +4 /)
    expect(stdout).toMatch(/services of the killed server were gone after +│ +[0-9.]+ ms /)
    expect(stdout).not.toContain('\u001b')
    // The server has no address of its own until all work has been done through the relay.
    expect(stdout).toMatch(
      /^the server .* listens nowhere\n[^]*^relay: opened 1 streams.*\nthe server listens on .*\ndirect: opened 1 /m,
    )
  })

  it('says in one sentence what is wrong with its arguments', async () => {
    const wrong = [
      ['--streams', '0'],
      ['--streams', '1000001'],
      ['--streams', '1e3'],
      ['--nope'],
      ['more'],
      ['--streams'],
    ]
    for (const args of wrong) {
      const { exitCode, stdout, stderr } = await new Demo(...args).outcome
      expect({ exitCode, stdout }, args.join(' ')).toEqual({ exitCode: 2, stdout: '' })
      expect(stderr, args.join(' ')).toMatch(/^[^\n]+\n$/)
    }
  })

  it('prints its help', async () => {
    const { exitCode, stdout } = await new Demo('--help').outcome
    expect(exitCode).toBe(0)
    expect(stdout).toContain('--streams <n>')
  })

  it.runIf(process.platform !== 'win32')('ends its processes on Ctrl-C', async () => {
    const demo = new Demo('--streams', '1000000')
    await demo.stdoutHas(/has joined/)
    demo.process.kill('SIGINT')
    expect((await demo.outcome).exitCode).toBe(130)
  })

  it('leaves no process behind when it is killed', async () => {
    const demo = new Demo('--streams', '1000000')
    await demo.stdoutHas(/has joined/)
    demo.process.kill('SIGKILL')
    // Resolves only when the last process has ended.
    await demo.outcome
  })

  it('fails with a sentence when the client goes away', async () => {
    const demo = new Demo('--streams', '1000000')
    const [, pid] = await demo.stdoutHas(/client \(process (\d+)\)/)
    process.kill(Number(pid), 'SIGKILL')
    const { exitCode, stderr } = await demo.outcome
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^The demo failed: the client process is gone: it ended with SIGKILL\.\n/)
  })

  it('fails with a sentence when the relay goes away', async () => {
    const demo = new Demo('--streams', '1000000')
    const [, pid] = await demo.stdoutHas(/relay \(process (\d+)\)/)
    process.kill(Number(pid), 'SIGKILL')
    const { exitCode, stderr } = await demo.outcome
    expect(exitCode).toBe(1)
    // The server or the client may notice first that its connection broke.
    expect(stderr).toMatch(
      /^The demo failed: the ((relay process is gone: it ended with SIGKILL)|(server|client) process: .+)\.\n/,
    )
  })

  it('fails with a sentence when the server goes away', async () => {
    const demo = new Demo('--streams', '1000000')
    const [, pid] = await demo.stdoutHas(/server \(process (\d+)\)/)
    process.kill(Number(pid), 'SIGKILL')
    const { exitCode, stderr } = await demo.outcome
    expect(exitCode).toBe(1)
    // The client may notice first that its connection broke.
    expect(stderr).toMatch(
      /^The demo failed: the (server process is gone: it ended with SIGKILL|client process: .+)\.\n/,
    )
  })
})
