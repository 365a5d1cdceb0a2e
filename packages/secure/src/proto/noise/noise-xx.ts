import { concatBytes } from '@astranet/interface'
import { asciiBytes, copyBytes } from '@astranet/interface/bytes'
import { isAllZero } from '../bytes.js'
import { KEY_BYTES, TAG_BYTES, type Crypto, type DhKeyPair } from '../crypto.js'
import { secureError } from '../errors.js'
import { SymmetricState } from './symmetric-state.js'

type Token = 'psk' | 'e' | 's' | 'ee' | 'es' | 'se'

/** The pattern XX (Noise, section 7.5). The initiator writes the first and the third message. */
const PATTERN: readonly (readonly Token[])[] = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']]

/** What a Noise handshake is made with. */
export interface NoiseOptions {
  readonly isInitiator: boolean
  /** Bytes that both sides have; nothing of the handshake decrypts when they differ. */
  readonly prologue: Uint8Array
  /** A secret of 32 bytes that both sides have: the pattern is then XXpsk0. */
  readonly psk: Uint8Array | undefined
}

/**
 * Noise's HandshakeState (section 5.3) for `Noise_XX_25519_AESGCM_SHA256` and, with a secret,
 * `Noise_XXpsk0_25519_AESGCM_SHA256`.
 *
 * A message is written by `writeTokens` and then `encrypt` of its payload, and read by `readTokens` and then
 * `decrypt`, so that the payload can depend on {@link hash}. The caller keeps the order of the pattern: three
 * messages, in turns.
 */
export class NoiseXX {
  readonly #crypto: Crypto
  readonly #symmetric: SymmetricState
  readonly #options: NoiseOptions
  #ephemeral: DhKeyPair | undefined
  #static: DhKeyPair | undefined
  #remoteEphemeral: Uint8Array | undefined
  #remoteStatic: Uint8Array | undefined
  #messages = 0

  private constructor(crypto: Crypto, options: NoiseOptions) {
    const pattern = options.psk === undefined ? 'XX' : 'XXpsk0'
    this.#crypto = crypto
    this.#symmetric = new SymmetricState(crypto, asciiBytes(`Noise_${pattern}_25519_AESGCM_SHA256`))
    this.#options = options
  }

  /** Begins a handshake. Key pairs are made when they are sent, so a peer without the secret costs none. */
  static async begin(crypto: Crypto, options: NoiseOptions): Promise<NoiseXX> {
    const noise = new NoiseXX(crypto, options)
    await noise.#symmetric.mixHash(options.prologue)
    return noise
  }

  /** The handshake hash so far, 32 bytes. */
  get hash(): Uint8Array {
    return this.#symmetric.hash
  }

  /** This side's static public key, once the message that carries it was written. */
  get staticKey(): Uint8Array {
    return (this.#static as DhKeyPair).publicKey
  }

  /** The peer's static public key, once the message that carries it was read. */
  get remoteStaticKey(): Uint8Array {
    return this.#remoteStatic as Uint8Array
  }

  /** The keys of the next message to be written, as bytes; the encrypted payload comes behind them. */
  async writeTokens(): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (const token of this.#nextTokens()) {
      if (token === 'e') {
        this.#ephemeral = await this.#crypto.generateKeyPair()
        parts.push(this.#ephemeral.publicKey)
        await this.#mixEphemeral(this.#ephemeral.publicKey)
      } else if (token === 's') {
        this.#static = await this.#crypto.generateKeyPair()
        parts.push(await this.#symmetric.encryptAndHash(this.#static.publicKey))
      } else await this.#mix(token)
    }
    return concatBytes(parts)
  }

  /**
   * Reads the keys of the next message, which is long enough for them, and returns the encrypted payload behind them.
   * Rejects with `ASTRA_ERR_SECURE_HANDSHAKE` or `ASTRA_ERR_SECURE_KEY`.
   */
  async readTokens(message: Uint8Array): Promise<Uint8Array> {
    let rest = message
    for (const token of this.#nextTokens()) {
      if (token === 'e') {
        this.#remoteEphemeral = copyBytes(rest, 0, KEY_BYTES)
        rest = rest.subarray(KEY_BYTES)
        await this.#mixEphemeral(this.#remoteEphemeral)
      } else if (token === 's') {
        const length = KEY_BYTES + TAG_BYTES
        this.#remoteStatic = await this.#symmetric.decryptAndHash(rest.subarray(0, length))
        rest = rest.subarray(length)
      } else await this.#mix(token)
    }
    return rest
  }

  /** Encrypts the payload of the message whose tokens were written. */
  encrypt(payload: Uint8Array): Promise<Uint8Array> {
    return this.#symmetric.encryptAndHash(payload)
  }

  /** Decrypts the payload of the message whose tokens were read. */
  decrypt(sealed: Uint8Array): Promise<Uint8Array> {
    return this.#symmetric.decryptAndHash(sealed)
  }

  /** The keys of the records: the initiator's, then the responder's. After the third message. */
  split(): Promise<[Uint8Array, Uint8Array]> {
    return this.#symmetric.split()
  }

  #nextTokens(): readonly Token[] {
    const tokens = PATTERN[this.#messages++] ?? []
    return this.#messages === 1 && this.#options.psk !== undefined ? ['psk', ...tokens] : tokens
  }

  /** In a handshake with a secret every ephemeral key is mixed into the key as well (section 9.2). */
  async #mixEphemeral(publicKey: Uint8Array): Promise<void> {
    await this.#symmetric.mixHash(publicKey)
    if (this.#options.psk !== undefined) await this.#symmetric.mixKey(publicKey)
  }

  async #mix(token: 'psk' | 'ee' | 'es' | 'se'): Promise<void> {
    if (token === 'psk') return this.#symmetric.mixKeyAndHash(this.#options.psk as Uint8Array)
    const isOwnStatic = token === (this.#options.isInitiator ? 'se' : 'es')
    const isPeerStatic = token === (this.#options.isInitiator ? 'es' : 'se')
    const own = isOwnStatic ? this.#static : this.#ephemeral
    const peer = isPeerStatic ? this.#remoteStatic : this.#remoteEphemeral
    const shared = await (own as DhKeyPair).dh(peer as Uint8Array)
    if (shared === undefined || isAllZero(shared)) {
      throw secureError(
        'ASTRA_ERR_SECURE_KEY',
        'The peer sent an X25519 key of low order, with which the shared secret would be all zeros.',
      )
    }
    await this.#symmetric.mixKey(shared)
  }
}
