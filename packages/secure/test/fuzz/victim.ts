import { concatBytes } from '@astranet/interface'
import { turn } from '@astranet/testkit'
import { secure, type SecureOptions, type SecurePipe } from '../../src/index.js'
import { must } from './must.js'
import { RawPipe } from './raw-pipe.js'

/** A side that is attacked: it makes its pipe secure, receives, and ends once the peer has ended. */
export class Victim {
  readonly pipe: RawPipe
  readonly options: SecureOptions
  /** The secure pipe, once there is one. */
  secured: SecurePipe | undefined
  /** Why there is none. */
  error: (Error & { readonly code?: unknown }) | undefined
  hasReadEnd = false
  /** How the secure pipe has closed. */
  closed: { readonly reason: (Error & { readonly code?: unknown }) | undefined } | undefined
  /** What the secure pipe did out of order, in words. */
  readonly violations: string[] = []
  readonly #chunks: Uint8Array[] = []

  constructor(options: SecureOptions, halfClose = true) {
    this.options = options
    this.pipe = new RawPipe(halfClose)
    secure(this.pipe, options).then(
      (secured) => this.#use(secured),
      (error: unknown) => {
        this.error = error as Error
      },
    )
  }

  get isSettled(): boolean {
    return this.secured !== undefined || this.error !== undefined
  }

  /** The plaintext that has arrived. */
  get plaintext(): Uint8Array {
    return concatBytes(this.#chunks)
  }

  /** Lets `chunks` arrive one after the other, for as long as the pipe takes any. */
  async receive(chunks: readonly Uint8Array[], check: (chunk: Uint8Array) => void = () => {}): Promise<void> {
    for (const chunk of chunks) {
      // All of Node's cryptography settles within the turn.
      await turn()
      if (this.pipe.isOver) return
      must(!this.pipe.isPaused, 'a victim waits for something and has paused its pipe')
      check(chunk)
      this.pipe.deliver(chunk)
    }
    await turn()
  }

  #use(secured: SecurePipe): void {
    this.secured = secured
    secured.handle({
      onData: (chunk) => {
        this.#check('onData', !this.hasReadEnd)
        this.#chunks.push(chunk)
      },
      onDrain: () => {},
      onEnd: () => {
        this.#check('onEnd', !this.hasReadEnd)
        this.hasReadEnd = true
        secured.end()
      },
      onClose: (reason) => {
        this.#check('onClose', true)
        this.closed = { reason }
      },
    })
  }

  #check(call: string, isAllowed: boolean): void {
    if (!isAllowed || this.closed !== undefined) this.violations.push(`${call} out of order`)
  }
}
