import { concatBytes } from '@astranet/interface'
import { equalBytes } from '@astranet/interface/bytes'
import { recordPipe } from '@astranet/secure'
import { Handshake, type HandshakeOptions, type HandshakeResult } from '@astranet/secure/proto'
import { CloseCode, LinkError, linkError, protocolError } from '../../proto/error-codes.js'
import type { Hello, HelloFields } from '../../proto/hello.js'
import { negotiateRole, type SessionRole } from '../../proto/negotiate-role.js'
import { isSameTls, pipeProtection } from '../../proto/pipe-protection.js'
import { PREAMBLE_BYTES } from '../../proto/preamble.js'
import { initiatorPsk, keyIdFault, missingGrant, ownGrant, peerGrant, responderPsk } from './door-secrets.js'
import type { Door, PeerPreamble } from './door.js'
import { busy, onlyOneSecret, repeated } from './doorway-errors.js'
import { decodeHello, encodeHello, MAX_HELLO_MESSAGE_BYTES } from './hello-message.js'
import { keepEnd } from './keep-end.js'
import type { Passage, RemoteNode } from './passage.js'

/**
 * What stands in front of a link (spec sections 2 to 5): a pipe goes in, both sides' preambles and the handshake pass
 * over it, and what comes out is a pipe for a session, with a peer that has proved who it is. Rejects with a
 * `LinkError`, or with what the cryptography or the pipe reported. It has no deadline: see `HandshakeChannel.fail`.
 */
export async function passDoorway(door: Door): Promise<Passage> {
  const own = door.side.own.preamble
  // A dialer is the initiator in every case, so it need not wait for the peer's preamble.
  const early = own.role === 'dialer' ? await sendFirst(door) : undefined
  if (own.role === 'either') door.greet()
  const peer = await door.readPreamble()
  const role = negotiateRole(own, peer.preamble)
  if (role instanceof LinkError) throw role
  door.isResponder = role === 'server'
  if (peer.preamble.hasSecret !== own.hasSecret) throw onlyOneSecret(own.hasSecret)
  const fault = keyIdFault(door.side, peer.preamble)
  if (fault !== undefined) throw fault
  // A side that is either waits for the peer's preamble before it sends message 1.
  if (role === 'server' && peer.preamble.role === 'either') door.greet()
  return role === 'client' ? initiate(door, peer, early ?? (await sendFirst(door))) : respond(door, peer)
}

/** Begins a handshake: sends message 1, behind the preamble where that was not sent yet. */
async function sendFirst(door: Door): Promise<Handshake> {
  const handshake = new Handshake({
    ...sharedOptions(door),
    role: 'initiator',
    prologue: door.side.own.bytes,
    psk: await initiatorPsk(door.side),
    maxPayloadBytes: PREAMBLE_BYTES + MAX_HELLO_MESSAGE_BYTES,
    // Called once message 2 was read, and so after the peer's preamble.
    payload: (peer) => thirdPayload(door, peer?.payload as Uint8Array),
  })
  door.send((await handshake.start()) as Uint8Array)
  return handshake
}

async function initiate(door: Door, peer: PeerPreamble, handshake: Handshake): Promise<Passage> {
  const third = await handshake.receive(await door.readReply(handshake))
  door.send(third as Uint8Array)
  return admit(door, peer, { role: 'client', result: handshake.result })
}

async function respond(door: Door, peer: PeerPreamble): Promise<Passage> {
  const handshake = new Handshake({
    ...sharedOptions(door),
    role: 'responder',
    prologue: peer.bytes,
    psk: await responderPsk(door.side, peer.preamble),
    maxPayloadBytes: MAX_HELLO_MESSAGE_BYTES,
    // Called once message 1 was found right: for a peer without the secret nothing is encoded.
    payload: () => secondPayload(door, peer),
  })
  await handshake.start()
  const first = await door.readMessage(handshake)
  if (!door.events.mayBegin()) throw busy()
  const second = await handshake.receive(first)
  door.answer(second as Uint8Array)
  await handshake.receive(await door.readMessage(handshake))
  return admit(door, peer, { role: 'server', result: handshake.result })
}

function sharedOptions({
  side,
}: Door): Pick<HandshakeOptions, 'crypto' | 'identity' | 'expectedNodeId' | 'expectedKey'> {
  const { provider, identity, expectedNodeId, expectedKey } = side
  return { crypto: provider.crypto, identity, expectedNodeId, expectedKey }
}

/** What this side says of itself to this peer. */
function ownHello({ side }: Door, { preamble }: PeerPreamble, role: SessionRole): HelloFields {
  const exporter = preamble.hasExporter ? side.own.exporter : side.hello.exporter
  return { ...side.hello, exporter, grant: ownGrant(side, role) }
}

/** The responder's HELLO, to an initiator whose message 1 was found right. Nothing was spent on message 2 yet. */
function secondPayload(door: Door, peer: PeerPreamble): Uint8Array {
  const { hasSecret, nonce } = peer.preamble
  if (hasSecret && !door.events.isNew(nonce)) throw repeated()
  if (!door.events.mayAnswer()) throw busy()
  return concatBytes([door.side.own.bytes, encodeHello(ownHello(door, peer, 'server'))])
}

/** The initiator's HELLO, to a responder that has read the same and whose preamble arrived as it was sent. */
function thirdPayload(door: Door, secondPayload: Uint8Array): Uint8Array {
  const peer = door.peer as PeerPreamble
  if (!equalBytes(secondPayload.subarray(0, PREAMBLE_BYTES), peer.bytes)) {
    const message = "the peer's preamble was changed on the way: the peer proves that it sent another one"
    throw linkError(CloseCode.AUTHENTICATION_FAILED, message)
  }
  return encodeHello(ownHello(door, peer, 'client'))
}

/** Decides about a peer that has proved its identity. The session carries the decision, also a refusal. */
async function admit(
  door: Door,
  peer: PeerPreamble,
  { role, result }: { role: SessionRole; result: HandshakeResult },
): Promise<Passage> {
  const { payload } = result.peer
  const read = decodeHello(role === 'client' ? payload.subarray(PREAMBLE_BYTES) : payload)
  const fields = read instanceof Error ? undefined : read
  const remote = remoteNode(door, peer, { result, fields, role })
  const hello = fields && { ...fields, nodeId: remote.nodeId }
  const fault = read instanceof Error ? read : missingField(door, peer, read)
  door.events.onIntroduced({ role, remote, hello })
  const refusal = fault ?? (await door.events.admit(hello as Hello))
  return { role, remote, hello, refusal, takePipe: () => takePipe(door, remote, result) }
}

/** What a HELLO lacks that the peer's preamble has announced. */
function missingField({ side }: Door, { preamble }: PeerPreamble, hello: HelloFields): LinkError | undefined {
  const fault = missingGrant(side, preamble, hello)
  if (fault !== undefined) return fault
  if (preamble.hasExporter && side.own.preamble.hasExporter && hello.exporter === undefined)
    return protocolError('sent a HELLO without the exporter (x) that its preamble announces')
  return undefined
}

function remoteNode(
  door: Door,
  peer: PeerPreamble,
  { result, fields, role }: { result: HandshakeResult; fields: HelloFields | undefined; role: SessionRole },
): RemoteNode {
  const { side, duplex } = door
  const { preamble } = peer
  const { nodeId, publicKey } = result.peer
  const own = { preamble: side.own.preamble, hello: ownHello(door, peer, role) }
  const facts = [own, { preamble, hello: fields }] as const
  const security = pipeProtection(...facts)
  // Where TLS ends elsewhere, its certificate is not this peer's.
  const certificate = isSameTls(...facts) ? duplex.security?.certificate : undefined
  return {
    nodeId,
    publicKey,
    security,
    ...(certificate === undefined ? {} : { certificate }),
    ...peerGrant(side, { preamble, hello: fields, role }),
  }
}

function takePipe(
  { side, duplex, channel }: Door,
  { security }: RemoteNode,
  result: HandshakeResult,
): ReturnType<Passage['takePipe']> {
  const rest = channel.takeRest()
  if (security !== 'encrypted')
    return { duplex: rest.hasEnded ? keepEnd(duplex) : duplex, initialBytes: rest.bytes }
  const records = recordPipe({ provider: side.provider, pipe: duplex, result, rest })
  records.pause()
  return { duplex: records, initialBytes: undefined }
}
