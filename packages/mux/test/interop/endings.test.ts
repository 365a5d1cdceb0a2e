import { once } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { bytesOf } from '../support/recorder.js'
import { moqPair, ROLES } from './moq-pair.js'
import { next, outcomeOf } from './web-streams.js'

describe.each(ROLES)('with @moq/qmux, we as %s', (role) => {
  it('a close of ours reaches them with code and reason', async () => {
    const { ours, theirs } = await moqPair(role)
    await ours.ping()
    ours.close(42, 'that was all')
    await expect(theirs.closed).resolves.toEqual({ closeCode: 42, reason: 'that was all' })
    expect(await ours.closed).toBeUndefined()
  })

  it('a close of ours ends the streams of both, theirs with its code and reason', async () => {
    const { ours, theirs } = await moqPair(role)
    const stream = await ours.openStream()
    const outcome = new Promise<Error | undefined>((resolve) => {
      stream.handle({ onData: () => {}, onEnd: () => {}, onClose: (_stream, error) => resolve(error) })
    })
    stream.write(bytesOf('x'))
    const reader = (await next(theirs.incomingBidirectionalStreams)).readable.getReader()
    await reader.read()
    ours.close(5, 'enough')
    await expect(reader.read()).rejects.toThrow('5 enough')
    expect(await outcome).toMatchObject({ code: 'ECONNABORTED' })
  })

  it('a close of theirs reaches us with code and reason', async () => {
    const { ours, theirs } = await moqPair(role)
    theirs.close({ closeCode: 7, reason: 'done here' })
    const reason = await ours.closed
    expect(reason).toMatchObject({
      code: 'ASTRA_ERR_SESSION_CLOSED_BY_PEER',
      isApplication: true,
      closeCode: 7,
      isFromPeer: true,
    })
    expect(reason?.message).toContain('done here')
  })

  it('a close of theirs with code 0 and no stream open is no fault', async () => {
    const { ours, theirs } = await moqPair(role)
    theirs.close()
    expect(await ours.closed).toBeUndefined()
  })

  it('a close of theirs fails the streams that are open', async () => {
    const { ours, theirs } = await moqPair(role)
    const { writable } = await theirs.createBidirectionalStream()
    await writable.getWriter().write(bytesOf('x'))
    const outcome = outcomeOf(await ours.accept())
    theirs.close({ closeCode: 7, reason: 'done here' })
    expect(await outcome).toMatchObject({ bytes: 1, isEnded: false, reset: { code: 'ECONNRESET' } })
  })

  it('a frame that QMux does not allow ends the session, and they are told which fault it was', async () => {
    const { ours, theirs, theirSocket } = await moqPair(role)
    await ours.ping()
    // An ACK frame (RFC 9000 section 19.3).
    theirSocket.send(new Uint8Array([0x02, 0, 0, 0, 0]))
    expect(await ours.closed).toMatchObject({ code: 'ASTRA_ERR_PROTOCOL' })
    await expect(theirs.closed).rejects.toMatchObject({ source: 'session' })
  })

  // Their code for every fault of a peer is 1002, WebSocket's, and not one of RFC 9000 section 20.1.
  it('a fault that they find in us is a transport error of theirs', async () => {
    const { ours, theirs, ourSocket } = await moqPair(role)
    await ours.ping()
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {})
    ourSocket.send(new Uint8Array([0x02, 0, 0, 0, 0]))
    expect(await ours.closed).toMatchObject({ isApplication: false, closeCode: 1002, isFromPeer: true })
    await expect(theirs.closed).rejects.toMatchObject({ source: 'session' })
    expect(complaint).toHaveBeenCalled()
    complaint.mockRestore()
  })

  it('a WebSocket that breaks fails the session of both', async () => {
    const { ours, theirs, ourSocket, theirSocket } = await moqPair(role)
    const outcome = outcomeOf(await ours.openStream())
    await ours.ping()
    const broken = once(ourSocket, 'close')
    theirSocket.terminate()
    await broken
    expect(await ours.closed).toMatchObject({ code: 'ASTRA_ERR_CONNECTION_LOST' })
    expect(await outcome).toMatchObject({ isEnded: false, reset: { code: 'ECONNRESET' } })
    await expect(theirs.closed).rejects.toMatchObject({ source: 'session' })
  })

  it('what they have not finished we may drain', async () => {
    const { ours, theirs } = await moqPair(role)
    const { writable } = await theirs.createBidirectionalStream()
    const writer = writable.getWriter()
    await writer.write(bytesOf('x'))
    const stream = await ours.accept()
    const outcome = outcomeOf(stream)
    const drained = ours.drain()
    await writer.write(bytesOf('y'))
    await writer.close()
    stream.end()
    expect(await outcome).toMatchObject({ bytes: 2, isEnded: true })
    await drained
    await expect(theirs.closed).resolves.toEqual({ closeCode: 0, reason: '' })
  })
})
