import type { Connection } from '@astranet/interface'
import { VirtualClock } from '@astranet/testkit/sim'
import { memory, memoryPair } from '@astranet/transport-memory'
import { describe, expect, it } from 'vitest'

describe('memory', () => {
  it('refuses options that are not known, with what was perhaps meant', () => {
    expect(() => memory({ delay: 5 } as never)).toThrow(`'options.delay' is not an option`)
    expect(() => memory({ refused: () => true } as never)).toThrow(`did you mean "refuse"?`)
    expect(() => memoryPair({ refuse: () => true } as never)).toThrow(`'options.refuse' is not an option`)
  })

  it('listens on the name it is given, and finds a free one for an empty address, * and :0', async () => {
    const transport = memory()
    const options = { onConnection: () => undefined }
    expect((await transport.listen('memory', 'here', options)).address).toBe('here')
    const found = await Promise.all(['', '*', ':0'].map((name) => transport.listen('memory', name, options)))
    expect(new Set(found.map(({ address }) => address)).size).toBe(3)
  })

  it('keeps the names of two transports apart', async () => {
    await memory().listen('memory', 'here', { onConnection: () => undefined })
    await expect(memory().dial('memory', 'here')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('refuses what it is told to', async () => {
    const transport = memory({ refuse: (address) => address === 'here' })
    await transport.listen('memory', 'here', { onConnection: () => undefined })
    await expect(transport.dial('memory', 'here')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('connects after a round trip of its clock', async () => {
    const clock = new VirtualClock()
    const transport = memory({ delayMs: 50, clock })
    const accepted: Connection[] = []
    await transport.listen('memory', 'here', { onConnection: (end) => void accepted.push(end) })
    const connection = await clock.drive(transport.dial('memory', 'here'))
    expect(clock.now()).toBe(100)
    clock.runUntilIdle()
    expect(accepted.map(({ remoteAddress }) => remoteAddress)).toEqual([connection.localAddress])
  })

  it('does not dial an address that only a listener can have', async () => {
    for (const address of ['', '*', ':0'])
      await expect(memory().dial('memory', address)).rejects.toThrow(TypeError)
  })
})
