import { parseAddress } from '@astranet/interface'
import { DialCall, type DialOutcome, type DialRequest } from './dial-call.js'
import { DialContext, type DialParts } from './dial-context.js'
import { nodeClosed } from './dial-errors.js'
import { checkDialOptions, type DialOptions, type DialScope } from '../api/dial-options.js'

/** Finds out where addresses lead and connects to them: begins calls, and tells them what changes. */
export class Dialer<TSocket> {
  readonly #context: DialContext<TSocket>

  constructor(parts: DialParts<TSocket>) {
    this.#context = new DialContext(parts)
  }

  /** What is offered has changed, or there is a link to a node, or another one: waiting calls look again. */
  changed(): void {
    this.#context.waiters.wake()
  }

  /** Fails every call that is under way. */
  close(): void {
    for (let call = this.#context.oldest; call !== undefined; call = this.#context.oldest)
      call.giveUp(nodeClosed('dial', call.text))
    this.#context.close()
  }

  /** Connects to `text`, an address. Throws on wrong arguments. See `AstraNet.dial`. */
  dial(text: string, scope: DialScope, options: DialOptions = {}): Promise<TSocket> {
    const request = this.request(text, scope, options)
    const { platform } = this.#context.parts
    return new Promise((resolve, reject) => {
      this.start(request, {
        accepted: (stream, details) => resolve(platform.socket(stream, details)),
        reject,
      })
    })
  }

  /** What to ask for, in the caller's context. Throws on wrong arguments. */
  request(text: string, scope: DialScope, options: DialOptions): DialRequest {
    return {
      text,
      address: parseAddress(text),
      scope,
      options: checkDialOptions(options),
      origin: this.#context.origin(),
    }
  }

  /** Begins a call. Throws the signal's reason when that is aborted already. */
  start(request: DialRequest, outcome: DialOutcome): DialCall<TSocket> {
    const call = new DialCall(this.#context, request, outcome)
    call.start()
    return call
  }
}
