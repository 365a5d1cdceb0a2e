import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tcp } from '@astranet/transport-tcp'
import { afterAll, describe, expect, it } from 'vitest'
import { closeAll, listening, turnsUntil } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'astranet-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a Unix socket', () => {
  it('is a file while somebody listens, and gone afterwards', async () => {
    const path = join(folder, 'one.sock')
    const { listener, accepted } = await listening(tcp(), 'unix', path)
    expect(listener.address).toBe(path)
    expect(statSync(path).isSocket()).toBe(true)
    const connection = await tcp().dial('unix', path)
    await turnsUntil(() => accepted.length === 1)
    await listener.close()
    expect(existsSync(path)).toBe(false)
    await closeAll([connection, ...accepted])
  })

  it('is private: its bytes never leave the machine', async () => {
    const { listener, accepted } = await listening(tcp(), 'unix')
    const connection = await tcp().dial('unix', listener.address)
    await turnsUntil(() => accepted.length === 1)
    for (const end of [connection, ...accepted]) expect(end.security).toEqual({ isPrivate: true })
    await closeAll([connection, ...accepted])
    await listener.close()
  })

  it('gets a new path for *', async () => {
    const [one, other] = await Promise.all([listening(tcp(), 'unix'), listening(tcp(), 'unix')])
    expect(one.listener.address).not.toBe(other.listener.address)
    await Promise.all([one.listener.close(), other.listener.close()])
  })

  it('says that nobody listens where there is no file', async () => {
    const dialing = tcp().dial('unix', join(folder, 'none.sock'))
    await expect(dialing).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringContaining('none.sock'),
    })
  })

  it('does not push aside what another program listens on', async () => {
    const path = join(folder, 'taken.sock')
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(path, resolve))
    await expect(listening(tcp(), 'unix', path)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await new Promise((resolve) => other.close(resolve))
  })

  it("passes on Node's error for a folder that does not exist", async () => {
    await expect(listening(tcp(), 'unix', join(folder, 'no', 'one.sock'))).rejects.toMatchObject({
      code: expect.stringMatching(/^E(ACCES|NOENT)$/),
    })
  })

  it('has a path without zero bytes', async () => {
    await expect(tcp().dial('unix', 'a\0b')).rejects.toThrow(/zero bytes/)
  })
})
