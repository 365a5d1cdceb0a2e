import { parseAddress } from '@astranet/interface'
import { DialCall } from './dial-call.js'
import { DialContext, type DialParts } from './dial-context.js'
import { nodeClosed } from './dial-errors.js'
import { checkDialOptions, type DialOptions, type DialScope } from './dial-options.js'

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
  }

  /** Connects to `text`, an address. Throws on wrong arguments. See `AstraNet.dial`. */
  dial(text: string, scope: DialScope, options: DialOptions = {}): Promise<TSocket> {
    const request = {
      text,
      address: parseAddress(text),
      scope,
      options: checkDialOptions(options),
      origin: this.#context.origin(),
    }
    return new Promise((resolve, reject) => {
      new DialCall(this.#context, request, { resolve, reject }).start()
    })
  }
}
