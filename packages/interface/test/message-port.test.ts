import { MessageChannel as NodeChannel, type MessagePort as NodePort } from 'node:worker_threads'
import { fromMessagePort, type PortLike } from '@astranet/interface/message-port'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { recorder } from './recorder.js'

const WINDOW = 1_048_576

/** A port whose messages a test sees and posts itself. */
async function opposite(): Promise<{
  port: NodePort
  seen: unknown[]
  end: ReturnType<typeof fromMessagePort>
}> {
  const { port1, port2 } = new NodeChannel()
  const seen: unknown[] = []
  port2.on('message', (message) => seen.push(message))
  return { port: port2, seen, end: fromMessagePort(port1) }
}

async function turnsUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

/** Whether a port keeps the process alive. The types leave the method out. */
function hasRef(port: NodePort): boolean {
  return (port as unknown as { hasRef(): boolean }).hasRef()
}

describe('fromMessagePort', () => {
  it("takes the DOM's ports and Node's", () => {
    expectTypeOf<MessagePort>().toExtend<PortLike>()
    expectTypeOf<NodePort>().toExtend<PortLike>()
    expect(() => fromMessagePort({} as PortLike)).toThrow(
      /^The "port" argument must be an instance of MessagePort/,
    )
  })

  it('sends no byte that was not allowed, and refers to what waits', async () => {
    const { port, seen, end } = await opposite()
    const events = recorder(end)
    expect(end.writev([new Uint8Array(100)])).toBe(false)
    expect(end.bufferedBytes).toBe(100)
    port.postMessage(60)
    await turnsUntil(() => seen.length === 2)
    expect(seen).toEqual([WINDOW, new Uint8Array(60)])
    expect(events).toEqual([])
    port.postMessage(50)
    await turnsUntil(() => events.length === 1)
    expect([seen.at(-1), end.bufferedBytes]).toEqual([new Uint8Array(40), 0])
    expect(events).toEqual(['drain'])
    expect(end.writev([new Uint8Array(10)])).toBe(true)
    end.abort(new Error('done'))
  })

  it('keeps the process alive while it is ref, and otherwise while bytes wait', async () => {
    const { port1, port2 } = new NodeChannel()
    port2.on('message', () => {})
    const end = fromMessagePort(port1)
    end.unref?.()
    expect(hasRef(port1)).toBe(false)
    recorder(end)
    expect(hasRef(port1)).toBe(false)
    end.ref?.()
    expect(hasRef(port1)).toBe(true)
    end.unref?.()
    expect(end.writev([new Uint8Array(100)])).toBe(false)
    expect(hasRef(port1)).toBe(true)
    port2.postMessage(60)
    await turnsUntil(() => end.bufferedBytes === 40)
    expect(hasRef(port1)).toBe(true)
    port2.postMessage(40)
    await turnsUntil(() => end.bufferedBytes === 0)
    expect(hasRef(port1)).toBe(false)
    end.abort(new Error('done'))
  })

  it('keeps the bytes that come and not the memory around them', async () => {
    const { port, end } = await opposite()
    const chunks: Uint8Array[] = []
    end.handle({ onData: (chunk) => chunks.push(chunk), onDrain() {}, onEnd() {}, onClose() {} })
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(2)
    port.postMessage(new Uint8Array(1_048_576).fill(1).subarray(5, 8))
    port.postMessage(shared)
    await turnsUntil(() => chunks.length === 2)
    shared.fill(3)
    expect(chunks).toEqual([Uint8Array.of(1, 1, 1), Uint8Array.of(2, 2, 2)])
    expect(chunks.map(({ buffer }) => buffer.byteLength)).toEqual([3, 3])
    end.abort(new Error('done'))
  })

  it('allows more when its handler has taken bytes, and not while it is paused', async () => {
    const { port, seen, end } = await opposite()
    let taken = 0
    end.pause()
    end.handle({ onData: (chunk) => (taken += chunk.length), onDrain() {}, onEnd() {}, onClose() {} })
    for (let count = 0; count < 16; count++) port.postMessage(new Uint8Array(65_536))
    port.postMessage(1)
    end.writev([Uint8Array.of(7)])
    await turnsUntil(() => seen.length === 2)
    expect([taken, seen]).toEqual([0, [WINDOW, Uint8Array.of(7)]])
    end.resume()
    await turnsUntil(() => seen.length === 6)
    expect(taken).toBe(WINDOW)
    expect(seen.slice(2)).toEqual([WINDOW / 4, WINDOW / 4, WINDOW / 4, WINDOW / 4])
    end.abort(new Error('done'))
  })

  it.each<[string, unknown, RegExp]>([
    ['more bytes than it allowed', new Uint8Array(WINDOW + 1), /more bytes than it was allowed/],
    ['a message without bytes', new Uint8Array(0), /no bytes/],
    ['an object', { type: 'ready' }, /something else than bytes/],
    ['a credit of nothing', 0, /something else/],
    ['a credit that is no integer', 0.5, /something else/],
  ])('breaks off when the other end posts %s, and says so there', async (_, message, reason) => {
    const { port, seen, end } = await opposite()
    const closed = new Promise<Error | undefined>((resolve) =>
      end.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose: resolve }),
    )
    const portClosed = new Promise((resolve) => port.once('close', resolve))
    port.postMessage(message)
    expect(await closed).toMatchObject({
      code: 'ASTRA_ERR_PORT_MESSAGE',
      message: expect.stringMatching(reason),
    })
    await portClosed
    expect(seen).toEqual([WINDOW, expect.stringMatching(reason)])
  })

  it('knows that the other port was closed, and why its end was aborted', async () => {
    const { port, end } = await opposite()
    const closed = new Promise<Error | undefined>((resolve) =>
      end.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose: resolve }),
    )
    port.close()
    expect(await closed).toMatchObject({ code: 'ECONNRESET' })

    const { port1, port2 } = new NodeChannel()
    const [a, b] = [fromMessagePort(port1), fromMessagePort(port2)]
    const told = new Promise<Error | undefined>((resolve) =>
      b.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose: resolve }),
    )
    a.abort(new Error('out of patience'))
    expect(await told).toMatchObject({
      code: 'ECONNRESET',
      message: expect.stringContaining('out of patience'),
    })
  })
})
