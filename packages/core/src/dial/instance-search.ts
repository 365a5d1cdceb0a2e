import type { NodeId } from '@astranet/interface'
import type { ServiceInstance } from '@astranet/registry'
import type { DialContext, Wanted } from './dial-context.js'
import {
  ambiguousHost,
  noneSelected,
  noRouteToService,
  notFound,
  portNotOffered,
  type FailedCall,
} from './dial-errors.js'
import type { DialRequest } from './dial-request.js'
import type { Refusals } from './refusals.js'

/** @internal How far the call is that looks for an instance. */
export interface SearchState {
  readonly refusals: Refusals | undefined
  /** Whether it may not wait. */
  readonly isTimeUp: boolean
}

/** @internal The parts of a call that its errors contain. */
export function failedCall({ text, scope, options }: DialRequest): FailedCall {
  return { text, environment: scope.environment, timeoutMs: options.timeoutMs }
}

/**
 * @internal The instance that a call by name asks next; `undefined`: it waits until something changes. Throws what the
 * call fails with, and what the application's selector throws.
 */
export function nextInstance(
  context: DialContext,
  request: DialRequest,
  { refusals, isTimeUp }: SearchState,
): ServiceInstance | undefined {
  const wanted = wantedOf(context, request, { refusals, besides: undefined })
  const instance = context.select(wanted, request.options)
  if (instance !== undefined) return instance
  if (refusals === undefined) {
    if (request.scope.refusesOtherPorts === true && context.hasOtherPorts(wanted))
      throw portNotOffered(wanted.service, wanted.port, failedCall(request))
    if (isTimeUp) throw whyNone(context, request, wanted)
    return undefined
  }
  if (isTimeUp || !refusals.canWait()) throw refusals.lastError
  refusals.wait(!context.hasRefuser(wanted))
  return undefined
}

/** @internal An instance on another node than `besides` that can be asked now. Throws as {@link nextInstance} does. */
export function secondInstance(
  context: DialContext,
  request: DialRequest,
  asked: { readonly refusals: Refusals | undefined; readonly besides: NodeId },
): ServiceInstance | undefined {
  return context.select(wantedOf(context, request, asked), request.options)
}

function wantedOf(
  context: DialContext,
  request: DialRequest,
  asked: { readonly refusals: Refusals | undefined; readonly besides: NodeId | undefined },
): Wanted {
  const { address, scope, options, origin } = request
  if (address.kind !== 'service') throw new TypeError('only a service has instances')
  const { port } = address
  const service = serviceName(context, request, address)
  const { refusals, besides } = asked
  return { service, port, scope, path: options.path, refusedBy: refusals?.instances, besides, origin }
}

/** What was dialed, or the one service whose name a URL writes so. Throws when there are several. */
function serviceName(
  context: DialContext,
  request: DialRequest,
  { service, port }: Pick<Wanted, 'service' | 'port'>,
): string {
  if (request.scope.hasUrlNames !== true) return service
  const names = context.namesOf(service, port, request.scope)
  if (names.length > 1) throw ambiguousHost(service, names, failedCall(request))
  return names[0] ?? service
}

/** No instance can be asked: none is known, there is no link to any, or the selector has picked none. */
function whyNone(context: DialContext, request: DialRequest, wanted: Wanted): Error {
  const { service, port, scope } = wanted
  const call = failedCall(request)
  const passedOver = context.passedOver(wanted)
  if (passedOver > 0) return noneSelected(service, passedOver, call)
  const known = context.unreachable(wanted)
  if (known.length > 0) return noRouteToService(service, known, call)
  const meant = { service, port: scope.isPortKey === true ? undefined : port }
  return notFound(meant, call, context.parts.whyUnseen())
}
