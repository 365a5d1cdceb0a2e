import { concatBytes } from '@astranet/interface'
import { asciiBytes, equalBytes } from '@astranet/interface/bytes'
import { invalidState } from '@astranet/interface/check'
import { NO_BYTES } from '../bytes.js'
import { nodeIdOfKey } from '../node-id.js'
import { NoiseXX } from '../noise/noise-xx.js'
import { hasCode, keyError, lengthError, peerError, secretError } from './failures.js'
import type { HandshakeOptions, HandshakeResult, SecurePeer } from './handshake-options.js'
import { readProof, writeProof, type SecureRole } from './identity-proof.js'
import { messageLengths, type LengthRange } from './lengths.js'
import { checkHandshakeOptions, checkPayload } from './options.js'

/** In front of the caller's prologue, so that nothing but this version of this protocol shares a handshake with it. */
const PROLOGUE_LABEL = asciiBytes('astranet secure 1')

/** Where a {@link Handshake} is. */
export type HandshakeState = 'new' | 'working' | 'waiting' | 'done' | 'failed'

/**
 * One side of the handshake of spec/secure.md, without I/O: it is given messages and returns messages.
 *
 * | state | means | moves |
 * | --- | --- | --- |
 * | `new` | nothing has happened | `start` → `working` |
 * | `working` | a promise of `start` or `receive` is pending | → `waiting`, `done` or `failed` |
 * | `waiting` | the peer's next message is due; {@link expectedLengths} says how long it may be | `receive` → `working` |
 * | `done` | {@link result} is there | none |
 * | `failed` | a promise was rejected; nothing of the peer is to be believed | none |
 *
 * The initiator: `start` gives message 1, `receive` of message 2 gives message 3, and it is done. The responder:
 * `start` gives nothing, `receive` of message 1 gives message 2, `receive` of message 3 gives nothing, and it is
 * done. A failure gives nothing to send: the caller breaks the pipe. A deadline is the caller's as well. A call in
 * another state throws a `TypeError`.
 */
export class Handshake {
  readonly #options: HandshakeOptions
  readonly #maxPayloadBytes: number
  #state: HandshakeState = 'new'
  #noise: NoiseXX | undefined
  /** The message that was sent or received last. */
  #message: 0 | 1 | 2 | 3 = 0
  #peer: SecurePeer | undefined
  #result: HandshakeResult | undefined

  /** Throws a `TypeError` or `RangeError` that names the option. */
  constructor(options: HandshakeOptions) {
    this.#maxPayloadBytes = checkHandshakeOptions(options)
    this.#options = options
  }

  get state(): HandshakeState {
    return this.#state
  }

  /** The number of the next message. */
  get nextMessage(): 1 | 2 | 3 {
    return Math.min(this.#message + 1, 3) as 1 | 2 | 3
  }

  /** The lengths that the next message may have. To be checked before anything is buffered. */
  get expectedLengths(): LengthRange {
    return messageLengths(this.nextMessage, this.#options.psk !== undefined, this.#maxPayloadBytes)
  }

  /** The outcome. Throws a `TypeError` before the state is `done`. */
  get result(): HandshakeResult {
    if (this.#result === undefined)
      throw invalidState(`the handshake has no result yet: it is ${this.#state}`)
    return this.#result
  }

  /** Begins. Resolves with the message to send: an initiator has one. */
  start(): Promise<Uint8Array | undefined> {
    return this.#work('new', async () => {
      const { crypto, role, prologue = NO_BYTES, psk } = this.#options
      const isInitiator = role === 'initiator'
      const noise = await NoiseXX.begin(crypto, {
        isInitiator,
        prologue: concatBytes([PROLOGUE_LABEL, prologue]),
        psk,
      })
      this.#noise = noise
      return isInitiator ? this.#writeFirst(noise) : undefined
    })
  }

  /**
   * Takes the peer's next message, whole. Resolves with the message to send, if there is one. Rejects with
   * `ASTRA_ERR_SECURE_SECRET`, `_HANDSHAKE`, `_KEY`, `_SIGNATURE` or `_PEER`.
   */
  receive(message: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#work('waiting', () => {
      const { min, max } = this.expectedLengths
      const noise = this.#noise as NoiseXX
      if (message.length < min || message.length > max)
        throw lengthError(message.length, this.expectedLengths, this.nextMessage)
      this.#message++
      if (this.#message === 1) return this.#answerFirst(noise, message)
      return this.#options.role === 'initiator'
        ? this.#answerSecond(noise, message)
        : this.#readThird(noise, message)
    })
  }

  async #work(
    from: HandshakeState,
    work: () => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> {
    if (this.#state !== from)
      throw invalidState(`the handshake must be ${from} for this call, and is ${this.#state}`)
    this.#state = 'working'
    try {
      const reply = await work()
      this.#state = this.#result === undefined ? 'waiting' : 'done'
      return reply
    } catch (error) {
      this.#state = 'failed'
      throw error
    }
  }

  async #writeFirst(noise: NoiseXX): Promise<Uint8Array> {
    const tokens = await noise.writeTokens()
    this.#message = 1
    return concatBytes([tokens, await noise.encrypt(NO_BYTES)])
  }

  async #answerFirst(noise: NoiseXX, message: Uint8Array): Promise<Uint8Array> {
    try {
      await noise.decrypt(await noise.readTokens(message))
    } catch (error) {
      throw this.#options.psk !== undefined && hasCode(error, 'ASTRA_ERR_SECURE_HANDSHAKE')
        ? secretError(error)
        : error
    }
    const reply = await this.#writeProof(noise, 'responder')
    this.#message = 2
    return reply
  }

  async #answerSecond(noise: NoiseXX, message: Uint8Array): Promise<Uint8Array> {
    await this.#readProof(noise, message, 'responder')
    const reply = await this.#writeProof(noise, 'initiator')
    this.#message = 3
    await this.#finish(noise)
    return reply
  }

  async #readThird(noise: NoiseXX, message: Uint8Array): Promise<undefined> {
    await this.#readProof(noise, message, 'initiator')
    await this.#finish(noise)
  }

  async #writeProof(noise: NoiseXX, role: SecureRole): Promise<Uint8Array> {
    const { identity, payload = NO_BYTES } = this.#options
    const sent = typeof payload === 'function' ? checkPayload(await payload(this.#peer)) : payload
    const tokens = await noise.writeTokens()
    const part = { role, hash: noise.hash, staticKey: noise.staticKey }
    return concatBytes([tokens, await noise.encrypt(await writeProof(identity, part, sent))])
  }

  async #readProof(noise: NoiseXX, message: Uint8Array, role: SecureRole): Promise<void> {
    const { crypto, expectedNodeId, expectedKey } = this.#options
    const sealed = await noise.readTokens(message)
    const part = { role, hash: noise.hash, staticKey: noise.remoteStaticKey }
    const proven = await readProof(crypto, part, await noise.decrypt(sealed))
    const nodeId = await nodeIdOfKey(proven.publicKey, (bytes) => crypto.hash(bytes))
    if (expectedNodeId !== undefined && nodeId !== expectedNodeId) throw peerError(expectedNodeId, nodeId)
    if (expectedKey !== undefined && !equalBytes(proven.publicKey, expectedKey)) throw keyError(nodeId)
    this.#peer = { nodeId, ...proven }
  }

  async #finish(noise: NoiseXX): Promise<void> {
    const [initiatorKey, responderKey] = await noise.split()
    const isInitiator = this.#options.role === 'initiator'
    this.#result = {
      peer: this.#peer as SecurePeer,
      sendKey: isInitiator ? initiatorKey : responderKey,
      receiveKey: isInitiator ? responderKey : initiatorKey,
      handshakeHash: noise.hash,
    }
  }
}
