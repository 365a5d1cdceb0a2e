import { TAG_BYTES } from '../proto/crypto.js'
import type { DirectCipher } from './direct-cipher.js'
import type { RecordOpening } from './provider.js'
import type { OpenedRecord, RecordOpener } from './record-opener.js'

/**
 * Smaller parts of a record are joined up to this size, in bytes: a record that arrives byte by byte must not become
 * as many buffers. So a record of 256 KiB has at most 130 pieces.
 */
export const JOINED_PART_BYTES = 4_096

/**
 * Opens records within the call, each part as it arrives, so that none is copied to make a record whole. What is
 * opened stays here until the tag is there and right.
 */
export class DirectOpener implements RecordOpener {
  readonly returnsParts = true
  readonly #cipher: DirectCipher
  readonly #tag = new Uint8Array(TAG_BYTES)
  #opening: RecordOpening | undefined
  #pieces: Uint8Array[] = []
  /** Bytes of ciphertext, and then of the tag, that are still to come. */
  #ciphertextLeft = 0
  #tagLeft = 0
  #joined: Uint8Array | undefined
  #joinedBytes = 0

  constructor(cipher: DirectCipher) {
    this.#cipher = cipher
  }

  begin(header: Uint8Array, sealedBytes: number): void {
    this.#opening = this.#cipher.open(header)
    this.#pieces = []
    this.#ciphertextLeft = sealedBytes - TAG_BYTES
    this.#tagLeft = TAG_BYTES
  }

  add(part: Uint8Array): void {
    const length = Math.min(part.length, this.#ciphertextLeft)
    if (length > 0) {
      this.#ciphertextLeft -= length
      this.#addCiphertext(length === part.length ? part : part.subarray(0, length))
    }
    if (length === part.length) return
    this.#tag.set(part.subarray(length), TAG_BYTES - this.#tagLeft)
    this.#tagLeft -= part.length - length
  }

  finish(): OpenedRecord {
    this.#openJoined()
    this.#joined = undefined
    const isRight = this.#opening?.finish(this.#tag) === true
    const pieces = this.#pieces
    this.#opening = undefined
    this.#pieces = []
    return isRight ? pieces : undefined
  }

  release(piece: Uint8Array): void {
    this.#cipher.release(piece)
  }

  #addCiphertext(part: Uint8Array): void {
    const isLast = this.#ciphertextLeft === 0
    if (part.length >= JOINED_PART_BYTES || (isLast && this.#joinedBytes === 0)) {
      this.#openJoined()
      return this.#open(part)
    }
    if (this.#joinedBytes + part.length > JOINED_PART_BYTES) this.#openJoined()
    this.#joined ??= new Uint8Array(JOINED_PART_BYTES)
    this.#joined.set(part, this.#joinedBytes)
    this.#joinedBytes += part.length
  }

  #openJoined(): void {
    if (this.#joined === undefined || this.#joinedBytes === 0) return
    this.#open(this.#joined.subarray(0, this.#joinedBytes))
    this.#joinedBytes = 0
  }

  #open(ciphertext: Uint8Array): void {
    if (this.#opening !== undefined) this.#pieces.push(this.#opening.update(ciphertext))
  }
}
