import { createPublicKey, diffieHellman, pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { encodeMessage } from '@astranet/frame/message'
import { formatNodeId, nodeIdFromBytes, parseNodeId, toNodeId, type NodeId } from '@astranet/interface'
import { importIdentity, nodeCrypto, type CryptoProvider, type Identity } from '@astranet/secure'
import { grantKeyId, grantPsk, pairPsk, type DhKeyPair } from '@astranet/secure/proto'
import { describe, expect, it } from 'vitest'
import { Feature, type LinkOptions } from '@astranet/link'
import { privateKey, Reference } from '../../../tooling/reference/secure-handshake.js'
import { decodeHello, encodeHello } from '../src/io/doorway/hello-message.js'
import { encodeRefusal } from '../src/proto/refusal.js'
import { isSameEnd } from '../src/proto/ip-end.js'
import { CloseCode } from '../src/proto/error-codes.js'
import { headerFromWire, headerToWire } from '../src/proto/stream-header.js'
import { intercept, type Part } from './support/man-in-the-middle.js'

const spec = readFileSync(new URL('../../../spec/astranet-1.md', import.meta.url), 'utf8')
const ticketSpec = readFileSync(new URL('../../../spec/ticket.md', import.meta.url), 'utf8')

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** 32 bytes: `first`, and each one more than the one before. */
function counting(first: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => first + index)
}

/** The lines `name = value` of the text block below a heading. */
function block(text: string, heading: string): string[] {
  const [, found] = new RegExp(`\\n#+ ${heading}\\n[^#]*?\`\`\`text\\n([^\`]*)\`\`\``).exec(text) ?? []
  if (found === undefined) throw new Error(`there is no block below "${heading}"`)
  return found.trim().split('\n')
}

/** The private keys of spec/secure.md. */
const keys = {
  dialer: { ephemeral: counting(0x20), static: counting(0x00), identity: counting(0x80) },
  acceptor: { ephemeral: counting(0x41), static: counting(0x01), identity: counting(0xa0) },
}

const psk = new Uint8Array(
  pbkdf2Sync('correct horse battery staple', 'astranet secure 1 psk', 600_000, 32, 'sha256'),
)

function keyPairOf(bytes: Uint8Array): DhKeyPair {
  const own = privateKey('X25519', bytes)
  const der = createPublicKey(own).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(der.subarray(-32)),
    dh: async (peer) => {
      const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), peer])
      return diffieHellman({
        privateKey: own,
        publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }),
      })
    },
  }
}

/** node:crypto, whose X25519 keys are given. */
function providerOf(...privateKeys: Uint8Array[]): CryptoProvider {
  const left = privateKeys.map(keyPairOf)
  const generateKeyPair = async (): Promise<DhKeyPair> => left.shift() as DhKeyPair
  return { ...nodeCrypto, crypto: { ...nodeCrypto.crypto, generateKeyPair } }
}

function identityOf(seed: Uint8Array): Promise<Identity> {
  return importIdentity(privateKey('Ed25519', seed).export({ format: 'pem', type: 'pkcs8' }) as string)
}

const dialerHello = {
  incarnation: 1,
  life: 2,
  sequence: 3,
  observedAddress: '192.0.2.2:7000',
  features: [Feature.REGISTRY],
}
const acceptorHello = {
  incarnation: 4,
  life: 5,
  sequence: 0,
  observedAddress: '192.0.2.1:50000',
  listenAddresses: ['tcp://192.0.2.2:7000'],
  roles: ['router'],
  features: [Feature.REGISTRY, Feature.REGISTRY_ALL],
}
const noFields = {
  roles: [],
  listenAddresses: [],
  features: [],
  ownEnd: undefined,
  exporter: undefined,
  grant: undefined,
}

interface Vector {
  readonly lines: string[]
  /** The messages of the handshake as links send them. */
  readonly sent: string[]
}

async function makeVector(): Promise<Vector> {
  const identities = {
    dialer: await identityOf(keys.dialer.identity),
    acceptor: await identityOf(keys.acceptor.identity),
  }
  const side = (name: 'dialer' | 'acceptor', nonce: number): Partial<LinkOptions> => ({
    identity: identities[name],
    provider: providerOf(keys[name].ephemeral, keys[name].static),
    randomBytes: (length: number) => counting(nonce).subarray(0, length),
    psk,
  })
  const { incarnation, life, sequence } = dialerHello
  const { listenAddresses, roles } = acceptorHello
  const features = [Feature.REGISTRY_ALL]
  const links = intercept(undefined, {
    dialer: { ...side('dialer', 0x00), introduction: { incarnation, life }, sequence },
    acceptor: {
      ...side('acceptor', 0x10),
      introduction: {
        incarnation: acceptorHello.incarnation,
        life: acceptorHello.life,
        ...{ listenAddresses, roles, features },
      },
    },
    addresses: { dialer: '192.0.2.1:50000', acceptor: '192.0.2.2:7000' },
  })
  await links.clock.settle()
  expect([links.dialer.link.isOpen, links.acceptor.link.isOpen]).toEqual([true, true])
  const part = (wanted: Part, direction: 'forth' | 'back'): Uint8Array =>
    links.parts.find((each) => each.part === wanted && each.direction === direction)?.bytes as Uint8Array
  const [preamble, answer] = [part('preamble', 'forth'), part('preamble', 'back')]
  const hellos = [
    encodeHello({ ...noFields, ...dialerHello }),
    encodeHello({ ...noFields, ...acceptorHello }),
  ] as const
  const reference = new Reference({
    prologue: preamble,
    psk,
    initiator: { ...keys.dialer, payload: hellos[0] },
    responder: { ...keys.acceptor, payload: Uint8Array.from([...answer, ...hellos[1]]) },
  })
  const framed = reference.messages.map(
    (message) => message.length.toString(16).padStart(4, '0') + hex(message),
  )
  const values = new Map(reference.values)
  const lines = [
    `dialer's node id = ${formatNodeId(identities.dialer.nodeId)}`,
    `acceptor's node id = ${formatNodeId(identities.acceptor.nodeId)}`,
    `psk = ${hex(psk)}`,
    `dialer's preamble = ${hex(preamble)}`,
    `message 1 = ${framed[0]}`,
    `acceptor's preamble = ${hex(answer)}`,
    `acceptor's HELLO = ${hex(hellos[1])}`,
    `message 2 = ${framed[1]}`,
    `dialer's HELLO = ${hex(hellos[0])}`,
    `message 3 = ${framed[2]}`,
    `key of the dialer's records = ${values.get("key of the initiator's records")}`,
    `key of the acceptor's records = ${values.get("key of the responder's records")}`,
    `refusal for want of the secret = ${hex(encodeRefusal(CloseCode.AUTHENTICATION_FAILED))}`,
  ]
  const sent = [part('first', 'forth'), part('second', 'back'), part('third', 'forth')].map(hex)
  return { lines, sent: [...sent, ...framed] }
}

it('node ids have the text form that the specification gives', () => {
  const lines = spec.match(/^node id [0-9a-f]{16} = .*$/gm) ?? []
  expect(lines).toHaveLength(3)
  for (const line of lines) {
    const [, , number = '', , text = ''] = line.split(' ')
    expect(formatNodeId(toNodeId(BigInt(`0x${number}`)))).toBe(text)
    expect(parseNodeId(text.toUpperCase())).toBe(BigInt(`0x${number}`))
    // A first digit above the 16th would be a number of more than 64 bits.
    expect(() => parseNodeId(text.replace(/^n./, 'nq'))).toThrow(RangeError)
  }
})

it('the length of a HELLO is read in every form of its varint', () => {
  const hello = { ...noFields, ...dialerHello }
  const body = encodeHello(hello).subarray(1)
  const lengths = [
    [body.length],
    [0x40, body.length],
    [0x80, 0, 0, body.length],
    [0xc0, 0, 0, 0, 0, 0, 0, body.length],
  ]
  for (const length of lengths) expect(decodeHello(Uint8Array.from([...length, ...body]))).toEqual(hello)
})

it('addresses mean the same end of a pipe as the specification lists them', () => {
  for (const line of block(spec, 'Vector: ends of a pipe')) {
    const [one = '', isSame = '', other = ''] = line.split(' ')
    expect([line, isSameEnd(one, other), isSameEnd(other, one)]).toEqual([
      line,
      isSame === '=',
      isSame === '=',
    ])
  }
})

describe('the handshake of the specification', () => {
  it('is what links send, and what another implementation makes of the same keys', async () => {
    const { lines, sent } = await makeVector()
    expect(sent.slice(0, 3)).toEqual(sent.slice(3))
    expect(block(spec, 'Vector: a handshake')).toEqual(lines)
  })
})

it("the secret of a grant is the one of the tickets' specification", async () => {
  const values = new Map(
    block(ticketSpec, 'Vector: the psk of a grant').map((line) => line.split(' = ') as [string, string]),
  )
  const bytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(values.get(name) as string, 'hex'))
  const derived = await grantPsk(nodeCrypto.crypto, bytes('psk'), bytes('grant id'))
  expect(hex(derived)).toBe(values.get('psk of the grant'))
})

it('the secret of two nodes is the one of the specification, in either order', async () => {
  const lines = block(spec, 'Vector: the secret of two nodes')
  const values = new Map(lines.map((line) => line.split(' = ') as [string, string]))
  const bytes = (name: string): Uint8Array => new Uint8Array(Buffer.from(values.get(name) as string, 'hex'))
  const { crypto } = nodeCrypto
  const keyId = await grantKeyId(crypto, bytes('grant of the higher node'))
  expect(hex(keyId)).toBe(values.get('its key id'))
  const [lower, higher] = ['lower node id', 'higher node id'].map((name) => nodeIdFromBytes(bytes(name)))
  const ends = [
    { nodeId: lower as NodeId, keyId: undefined },
    { nodeId: higher as NodeId, keyId },
  ] as const
  const made = await pairPsk(crypto, bytes('psk'), ends)
  expect(hex(made)).toBe(values.get('secret of the two'))
  expect(await pairPsk(crypto, bytes('psk'), [ends[1], ends[0]])).toEqual(made)
})

it('the header of a tunnel in the spec is what is sent, and is read back', () => {
  const header = { kind: 'tunnel', path: [1n, 2n, 3n].map(toNodeId), position: 1 } as const
  const bytes = encodeMessage(headerToWire(header))
  expect(block(spec, 'Vector: the header of a tunnel')).toEqual([
    Buffer.from(bytes)
      .toString('hex')
      .replace(/(..)(?=.)/g, '$1 '),
  ])
  expect(headerFromWire(headerToWire(header))).toEqual(header)
})
