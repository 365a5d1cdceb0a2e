import { connect } from 'node:net'
import { duplexPair } from '@astranet/interface/duplex-pair'
import { expect, test } from 'vitest'
import { generateIdentity, HandshakeChannel, nodeCrypto, secure } from '../src/index.js'
import { generateIdentity as generateWebIdentity } from '../src/browser.js'
import { Handshake } from '../src/proto/index.js'

test('options that are not known are refused, and the pipe is left alone', async () => {
  const [pipe] = duplexPair()
  const options = { role: 'initiator', identity: await generateIdentity() } as const
  await expect(secure(pipe, { ...options, pks: new Uint8Array(32) } as never)).rejects.toThrow(
    `'options.pks' is not an option, did you mean "psk"?`,
  )
  await expect(secure(pipe, undefined as never)).rejects.toThrow('"options" argument must be of type object')
  const { crypto } = nodeCrypto
  expect(() => new Handshake({ ...options, crypto, expectedNode: 1n } as never)).toThrow(
    `'options.expectedNode' is not an option, did you mean "expectedNodeId"?`,
  )
  expect(() => new HandshakeChannel(pipe, { maxBytes: 1 } as never)).toThrow(
    /'options.maxBytes' is not an option/,
  )
  await expect(generateWebIdentity({ extractable: true } as never)).rejects.toThrow(
    `'options.extractable' is not an option, did you mean "isExtractable"?`,
  )
  pipe.handle({ onData() {}, onDrain() {}, onEnd() {}, onClose() {} })
  expect(pipe.writev([new Uint8Array(1)])).toBe(true)
})

test('what is no ByteDuplex is refused, such as a socket of node:net', async () => {
  const options = { role: 'initiator', identity: await generateIdentity() } as const
  const socket = connect({ port: 1, host: '127.0.0.1' }).on('error', () => {})
  for (const pipe of [socket, {}, null, undefined, 'pipe'])
    await expect(secure(pipe as never, options)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/^The "pipe" argument must be a ByteDuplex, .*toByteDuplex/),
    })
  socket.destroy()
})
