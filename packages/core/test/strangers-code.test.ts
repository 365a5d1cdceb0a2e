import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AstraNet, generateSecret } from '../src/index.js'
import { failure } from './support.js'
import { Child } from './strangers/children.js'
import type { CalledFunctions } from './strangers/coverage-process.js'
import { bytesOf, recordedFirst, STRANGER_KINDS } from './strangers/first-bytes.js'

// Which code a stranger reaches in a node with a secret: V8 counts the calls of every function in the node's process.

const secret = generateSecret()

let child: Child
let address: string
let first: Buffer

beforeAll(async () => {
  const started = await Child.start<string>('coverage-process', { network: 'tcp4', secret })
  child = started.child
  address = started.first
  first = await recordedFirst(secret)
})

afterAll(async () => {
  await child[Symbol.asyncDispose]()
})

/** Checks the node's own options for a session whenever it accepts a connection; it sees nothing of the stranger. */
const OWN_OPTIONS = 'mux/src/proto/session/options.ts'

/** Functions of the multiplexer, and of the frames and messages (msgpack) that it is made of. */
function behindTheDoor(called: CalledFunctions): CalledFunctions {
  const files = Object.entries(called).filter(([file]) => /^(mux|frame)\//.test(file) && file !== OWN_OPTIONS)
  return Object.fromEntries(files)
}

/** The encoder of messages, which also checks what it has written; not the decoder. */
const ENCODER = /^frame\/src\/(message\/(encode|structure|limits)|varint|utf8)\.ts$/

/** Sends bytes, then ends, and waits until the node has closed the connection. Gives what came back. */
async function send(bytes: Uint8Array): Promise<Buffer> {
  const [host, port] = address.split(':')
  const socket = connect({ host: host ?? '', port: Number(port), allowHalfOpen: true }).on('error', () => {})
  await once(socket, 'connect')
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => received.push(chunk)).on('end', () => socket.end())
  // A stranger that has sent all and waits would be closed after ten seconds.
  socket.end(bytes)
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(received)
}

function called(): Promise<CalledFunctions> {
  return child.ask<CalledFunctions>('what was called?')
}

test('neither the multiplexer nor msgpack runs for strangers', async () => {
  await called()
  for (const kind of STRANGER_KINDS.filter((each) => each !== 'message 1')) await send(bytesOf(kind, first))
  for (const length of [1, 20, 46, 60, 100, 5_000, 200_000]) {
    await send(randomBytes(length))
    await send(Buffer.concat([bytesOf('preamble', first), randomBytes(length)]))
  }
  for (const options of [{}, { secret: generateSecret() }]) {
    await using stranger = new AstraNet(options)
    const { code } = await failure(stranger.join('tcp4', address))
    expect(code).toBe('ASTRA_ERR_LINK_AUTHENTICATION')
  }
  const functions = await called()
  // The doorway has run, so calls are counted.
  expect(Object.keys(functions)).toContain('link/src/io/doorway/doorway.ts')
  expect(Object.keys(functions)).toContain('secure/src/proto/handshake/handshake.ts')
  expect(behindTheDoor(functions)).toEqual({})
})

test('a repeated message 1 of a member makes the node encode its own HELLO, and decode nothing', async () => {
  await called()
  const answer = await send(first)
  // A preamble and message 2, which only the owner of an ephemeral key can read.
  expect(answer.length).toBeGreaterThan(200)
  await send(Buffer.concat([first, Buffer.from([0, 200]), randomBytes(200), randomBytes(5_000)]))
  const functions = behindTheDoor(await called())
  expect(Object.keys(functions).filter((file) => !ENCODER.test(file))).toEqual([])
  const names = Object.values(functions).flat()
  expect(names).toContain('encodeMessage')
  expect(names.filter((name) => /decode/i.test(name))).toEqual([])
})

test('they run for a member: what is counted above would be seen', async () => {
  await called()
  await using member = new AstraNet({ secret })
  await member.join('tcp4', address)
  const files = Object.keys(behindTheDoor(await called()))
  expect(files).toContain('frame/src/frame-decoder.ts')
  expect(files.filter((file) => file.startsWith('mux/src/')).length).toBeGreaterThan(10)
  expect(files.filter((file) => file.startsWith('frame/src/message/')).length).toBeGreaterThan(2)
})
