// The other side of interop.test.ts, in whatever Node it is started with: `node peer.mjs <port>`. It runs what is built.
// Each line of stdin is a case in JSON: it connects, is what the case says, and prints one line about what it saw.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fromNodeDuplex } from '@astranet/interface/node-duplex'
import * as browserEntry from '../../dist/browser.js'
import * as nodeEntry from '../../dist/index.js'

/**
 * Everything that arrives until the end, and how the pipe closed.
 *
 * @param {nodeEntry.SecurePipe} pipe
 * @param {Uint8Array} toSend
 */
function converse(pipe, toSend) {
  const chunks = []
  return new Promise((resolve, reject) => {
    pipe.handle({
      onData: (chunk) => chunks.push(chunk),
      onDrain: () => pipe.end(),
      onEnd() {},
      onClose: (reason) => (reason === undefined ? resolve(Buffer.concat(chunks)) : reject(reason)),
    })
    if (pipe.writev([toSend])) pipe.end()
  })
}

/** @param {{ role: 'initiator' | 'responder', entry: 'node' | 'browser', psk?: string, bytes: number }} test */
async function run({ role, entry, psk, bytes }, port) {
  const { secure, generateIdentity, nodeIdOfKey } = entry === 'node' ? nodeEntry : browserEntry
  const identity = await generateIdentity()
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  const pipe = await secure(fromNodeDuplex(socket), {
    role,
    identity,
    psk: psk === undefined ? undefined : Buffer.from(psk, 'hex'),
    payload: Buffer.from(process.versions.node),
  })
  const received = await converse(pipe, new Uint8Array(bytes).fill(role.length))
  return {
    nodeId: String(await nodeIdOfKey(identity.publicKey)),
    peerNodeId: String(pipe.peer.nodeId),
    handshakeHash: Buffer.from(pipe.handshakeHash).toString('hex'),
    peerPayload: Buffer.from(pipe.peer.payload).toString(),
    receivedBytes: received.length,
    isIntact: received.every((byte) => byte === (role === 'initiator' ? 'responder' : 'initiator').length),
  }
}

const [, , port] = process.argv
for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await run(JSON.parse(line), Number(port))))
}
