import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ChildProcess } from 'node:child_process'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import { byteDuplexSuite, Probe } from '@astranet/testkit'
import { describe, expect, it, test } from 'vitest'
import { exec } from '../src/exec.js'

const BRIDGE = fileURLToPath(new URL('bridge.mjs', import.meta.url))

byteDuplexSuite({
  name: 'exec',
  runner: { describe, it },
  async createPair() {
    const server = createServer({ allowHalfOpen: true })
    server.listen(join(tmpdir(), `astranet-exec-${process.pid}-${Math.random()}.sock`))
    await once(server, 'listening')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const a = await exec().dial('exec', `${process.execPath} ${BRIDGE} ${String(server.address())}`)
    const [socket] = await accepted
    server.close()
    return { a, b: fromNodeDuplex(socket, { halfClose: true }) }
  },
})

/** The child processes that `act` starts. */
async function childrenOf(act: () => Promise<unknown>): Promise<ChildProcess[]> {
  const children: ChildProcess[] = []
  const onProcess = (message: unknown): void =>
    void children.push((message as { process: ChildProcess }).process)
  subscribe('child_process', onProcess)
  await act().finally(() => unsubscribe('child_process', onProcess))
  return children
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

test('a dial that is given up while the command starts leaves no process behind', async () => {
  const controller = new AbortController()
  const [child] = await childrenOf(async () => {
    const dialing = exec().dial('exec', 'cat', controller)
    controller.abort(new Error('enough'))
    await expect(dialing).rejects.toThrow('enough')
  })
  await ended(child!)
  const none = await childrenOf(async () => {
    await expect(exec().dial('exec', 'cat', controller)).rejects.toThrow('enough')
  })
  expect(none).toEqual([])
})

test('a connection that is aborted ends its process', async () => {
  const [child] = await childrenOf(async () => {
    const probe = Probe.on(await exec().dial('exec', 'cat'))
    probe.write(Uint8Array.of(1, 2, 3))
    await probe.received(3)
    probe.duplex.abort(new Error('done'))
    await probe.closed()
  })
  await ended(child!)
})

test('a wrong command fails with a code or a message that quotes it', async () => {
  await expect(exec().dial('exec', '/nowhere/program')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(exec().dial('exec', ' ')).rejects.toThrow(/^address must be a command, got " "/)
  await expect(exec().dial('tcp', 'cat')).rejects.toThrow(/^network must be exec/)
})

test('a pipe is private if the caller declares it', async () => {
  for (const [options, expected] of [
    [{}, false],
    [{ isPrivate: true }, true],
  ] as const) {
    const probe = Probe.on(await exec(options).dial('exec', 'cat'))
    expect(probe.duplex.security).toEqual({ isPrivate: expected })
    probe.duplex.abort(new Error('done'))
    await probe.closed()
  }
})

test('the guide to transports shows this transport', () => {
  const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  expect(text('../../../docs/TRANSPORTS.md')).toContain(text('../src/exec.ts'))
})
