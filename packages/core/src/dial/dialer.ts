import { parseAddress, type Address } from '@astranet/interface'
import { invalidValue } from '@astranet/interface/check'
import { checkDialOptions, type DialOptions, type DialScope } from '../api/dial-options.js'
import { nodeClosed } from '../api/net-error.js'
import { DialCall } from './dial-call.js'
import { DialContext, type DialParts } from './dial-context.js'
import type { DialOutcome, DialRequest } from './dial-request.js'

/** Finds out where addresses lead and connects to them: begins calls, and wakes them when something changes. */
export class Dialer<TSocket> {
  readonly #parts: DialParts<TSocket>
  readonly #context: DialContext

  constructor(parts: DialParts<TSocket>) {
    this.#parts = parts
    this.#context = new DialContext(parts)
  }

  /**
   * The services have changed, or there is a link to another node, or another link is preferred: waiting calls look
   * again.
   */
  changed(): void {
    this.#parts.waiters.wake()
  }

  /** Fails every call in flight. */
  close(): void {
    const { inFlight } = this.#context
    for (let call = inFlight.first; call !== undefined; call = inFlight.first)
      call.giveUp(nodeClosed('dial', call.text))
    this.#context.close()
  }

  /** Connects to `text`, an address. Throws on wrong arguments. See `AstraNet.dial`. */
  dial(text: string, scope: DialScope, options: DialOptions = {}): Promise<TSocket> {
    const request = this.request(text, scope, options)
    const { factory } = this.#parts
    return new Promise((resolve, reject) => {
      this.start(request, {
        accepted: (stream, details) => resolve(factory.socket(stream, details)),
        reject,
      })
    })
  }

  /** Makes a request in the caller's context. Throws on wrong arguments. */
  request(text: string, scope: DialScope, options: DialOptions): DialRequest {
    const address = parseAddress(text)
    checkRingAddress(text, address, scope)
    return {
      text,
      address,
      scope,
      options: checkDialOptions(options),
      origin: this.#parts.factory.callerOrigin(),
    }
  }

  /** Begins a call. Throws the signal's reason when that is aborted already. */
  start(request: DialRequest, outcome: DialOutcome): DialCall {
    const call = new DialCall(this.#context, request, outcome)
    call.start()
    return call
  }
}

/** Throws a TypeError when a network that chooses instances is given an address without what it chooses by. */
function checkRingAddress(text: string, address: Address, { ringKey, isPortKey }: DialScope): void {
  const isService = address.kind === 'service'
  if (ringKey !== undefined && !isService)
    throw invalidValue('address', 'must be a service on the network "registry://KEY"', text)
  if (isPortKey === true && (!isService || address.port === undefined))
    throw invalidValue('address', 'must be "name:port" on the network "vport2registry"', text)
}
