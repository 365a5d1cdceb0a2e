import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { bytesOf, pattern } from '../support/recorder.js'
import { moqPair, ROLES } from './moq-pair.js'
import { next } from './web-streams.js'

describe.each(ROLES)('with @moq/qmux, we as %s', (role) => {
  it('datagrams of ours arrive, up to the size they take', async () => {
    const { ours, theirs } = await moqPair(role)
    await ours.ping()
    const most = ours.maxDatagramBytes as number
    // Their frames may be of 16,382 bytes: a type, a length of two bytes, and this.
    expect(most).toBe(16_382 - 3)
    for (const payload of [bytesOf('one'), new Uint8Array(0), pattern(most)]) {
      expect(ours.sendDatagram(payload)).toBe(true)
      expect(await next(theirs.datagrams.readable)).toEqual(payload)
    }
    expect(() => ours.sendDatagram(pattern(most + 1))).toThrow(RangeError)
  })

  it('datagrams of theirs arrive, up to the size we take', async () => {
    const arrivals = new EventTarget()
    const { ours, theirs } = await moqPair(role, {
      ours: {
        handler: {
          onDatagram: (payload) => arrivals.dispatchEvent(new CustomEvent('datagram', { detail: payload })),
        },
      },
    })
    await ours.ping()
    expect(theirs.datagrams.maxDatagramSize).toBe(65_535 - 5)
    const writer = theirs.datagrams.writable.getWriter()
    for (const payload of [bytesOf('one'), new Uint8Array(0), pattern(65_530)]) {
      const arrival = once(arrivals, 'datagram')
      await writer.write(payload)
      const [event] = (await arrival) as [CustomEvent<Uint8Array>]
      expect(Buffer.compare(event.detail, payload)).toBe(0)
    }
  })

  it('who takes no datagrams is sent none', async () => {
    const { ours, theirs } = await moqPair(role, { theirs: { maxDatagramFrameSize: 0n } })
    await ours.ping()
    expect(ours.maxDatagramBytes).toBeUndefined()
    expect(() => ours.sendDatagram(bytesOf('x'))).toThrow(
      expect.objectContaining({ code: 'ASTRA_ERR_NOT_NEGOTIATED' }),
    )
    // We have no handler for datagrams, so we declared none; theirs are dropped on their side.
    expect(theirs.datagrams.maxDatagramSize).toBe(0)
    await theirs.datagrams.writable.getWriter().write(bytesOf('x'))
    await ours.ping()
    expect(ours.isClosing).toBe(false)
  })
})
