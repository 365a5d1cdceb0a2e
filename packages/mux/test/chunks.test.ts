import { describe, expect, it } from 'vitest'
import { chunksOf } from '../src/index.js'
import { bytesOf, pattern, Recorder } from './support/recorder.js'
import { sessionPair } from './support/sessions.js'

describe('iterating over a stream', () => {
  it('gives every byte in order and ends with the peer’s end', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    const sent = pattern(500_000)
    near.write(sent)
    near.end()
    const got: Uint8Array[] = []
    for await (const chunk of chunksOf(await server.accept())) got.push(chunk)
    expect(Buffer.compare(Buffer.concat(got), sent)).toBe(0)
  })

  it('holds the peer back while the body runs', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    near.write(pattern(500_000))
    const far = await server.accept()
    for await (const chunk of chunksOf(far)) {
      for (let i = 0; i < 5; i++) await client.ping()
      expect(chunk.length).toBeGreaterThan(0)
      expect(far.unreadBytes).toBeLessThanOrEqual(16_384)
      break
    }
    expect(near.bufferedBytes).toBeGreaterThan(400_000)
  })

  it('gives chunks of their own, which keep no more memory than they have bytes', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    near.write(bytesOf('small'))
    near.end()
    for await (const chunk of chunksOf(await server.accept()))
      expect([Buffer.from(chunk).toString(), chunk.buffer.byteLength]).toEqual(['small', 5])
    expect.assertions(1)
  })

  it('left early stops the peer', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    const recorder = new Recorder(near)
    near.write(bytesOf('first'))
    for await (const chunk of chunksOf(await server.accept())) {
      expect(Buffer.from(chunk).toString()).toBe('first')
      break
    }
    await server.ping()
    expect(recorder.stopError).toMatchObject({ code: 'EPIPE' })
  })

  it('throws the peer’s reset, the session’s end, and what this side did to the stream', async () => {
    const { client, server } = await sessionPair()
    const errors: unknown[] = []
    const iterate = async (index: number, act: () => void): Promise<void> => {
      const far = await server.accept()
      try {
        for await (const chunk of chunksOf(far)) if (chunk.length > 0) act()
      } catch (error) {
        errors[index] = error
      }
    }
    const open = async (index: number): Promise<void> => {
      const near = await client.openStream()
      near.write(bytesOf('x'))
      const far = iterate(index, () => {
        if (index === 0) near.reset(8)
        else if (index === 1) client.destroy()
      })
      await far
    }
    await open(0)
    await open(1)
    expect(errors[0]).toMatchObject({ code: 'ECONNRESET', applicationCode: 8 })
    expect(errors[1]).toMatchObject({ code: 'ECONNRESET' })
  })

  it('reads what had arrived whole although the session is over', async () => {
    const { client, server } = await sessionPair()
    const near = await client.openStream()
    near.write(pattern(10_000))
    near.end()
    const far = await server.accept()
    await client.ping()
    client.destroy()
    await server.closed
    let bytes = 0
    for await (const chunk of chunksOf(far)) bytes += chunk.length
    expect(bytes).toBe(10_000)
  })

  it('says so when this side has given the stream up', async () => {
    const { client } = await sessionPair()
    const near = await client.openStream()
    near.destroy()
    await client.ping()
    await expect(chunksOf(near).next()).rejects.toMatchObject({ code: 'ECONNABORTED' })
  })
})
