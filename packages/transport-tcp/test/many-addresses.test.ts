import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type LookupFunction, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { tcp } from '@astranet/transport-tcp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeAll, listening } from './support.js'

const V6 = '::1'
const V4 = '127.0.0.1'

/** A name with both addresses, IPv6 first. */
const lookup: LookupFunction = (_name, _options, callback) =>
  callback(null, [
    { address: V6, family: 6 },
    { address: V4, family: 4 },
  ])

/** An address that does not answer. */
interface Deaf {
  readonly port: number
  /** From now on it does: to whoever asks again, as the system does after a second. */
  wake(): void
  [Symbol.asyncDispose](): Promise<void>
}

async function deaf(host: string, port = 0): Promise<Deaf> {
  const script = fileURLToPath(new URL('deaf-server.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, host, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const found = Number(String(line))
  const fillers = [connect(found, host), connect(found, host)]
  for (const socket of fillers)
    await once(
      socket.on('error', () => {}),
      'connect',
    )
  return {
    port: found,
    wake: () => void child.stdin.write('.'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
      for (const socket of fillers) socket.destroy()
    },
  }
}

describe('a name with several addresses', () => {
  const sockets: Socket[] = []
  let onAttempt = (): void => {}
  const onSocket = (message: unknown): void => {
    sockets.push((message as { socket: Socket }).socket)
    onAttempt()
  }
  beforeEach(() => {
    sockets.length = 0
    onAttempt = () => {}
  })
  afterEach(() => void unsubscribe('net.client.socket', onSocket))

  it('is dialed at the next one when the first does not answer', async () => {
    await using silent = await deaf(V6)
    const { listener, accepted } = await listening(tcp(), 'tcp4', `${V4}:${silent.port}`)
    subscribe('net.client.socket', onSocket)
    const connection = await tcp({ lookup }).dial('tcp', `both.example:${silent.port}`)
    expect(connection.remoteAddress).toBe(listener.address)
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false])
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('is dialed at the first when that answers while the next one is tried', async () => {
    await using slow = await deaf(V6)
    await using _silent = await deaf(V4, slow.port)
    subscribe('net.client.socket', onSocket)
    onAttempt = () => {
      if (sockets.length === 2) slow.wake()
    }
    const connection = await tcp({ lookup }).dial('tcp', `both.example:${slow.port}`)
    expect(connection.remoteAddress).toBe(`[${V6}]:${slow.port}`)
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true])
    await closeAll([connection])
  })

  it('is dialed only at those that may be connected to', async () => {
    const { listener, accepted } = await listening(tcp(), 'tcp4', `${V4}:0`)
    const port = listener.address.split(':').at(-1)
    const asked: string[] = []
    const dial = (address: string, allowed: readonly string[]) =>
      tcp({ lookup }).dial('tcp', address, {
        mayConnect: (host) => {
          asked.push(host)
          return allowed.includes(host)
        },
      })
    expect(tcp().asksMayConnect).toBe(true)
    subscribe('net.client.socket', onSocket)
    const connection = await dial(`both.example:${port}`, [V4])
    expect(connection.remoteAddress).toBe(listener.address)
    expect(sockets).toHaveLength(1)
    await expect(dial(`both.example:${port}`, [])).rejects.toMatchObject({ code: 'EACCES' })
    await expect(dial(`${V4}:${port}`, [])).rejects.toMatchObject({ code: 'EACCES' })
    expect(sockets).toHaveLength(1)
    expect(asked).toEqual([V6, V4, V6, V4, V4])
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('is dialed nowhere any more once the dial is given up', async () => {
    await using silent = await deaf(V6)
    await using _other = await deaf(V4, silent.port)
    subscribe('net.client.socket', onSocket)
    const controller = new AbortController()
    onAttempt = () => {
      if (sockets.length === 2) queueMicrotask(() => controller.abort(new Error('enough')))
    }
    const dialing = tcp({ lookup }).dial('tcp', `both.example:${silent.port}`, controller)
    await expect(dialing).rejects.toThrow('enough')
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true])
  })
})
