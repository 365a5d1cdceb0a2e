import type { ServiceChange } from '@astranet/registry'
import type { RouteChange } from '@astranet/relay'
import type { DialScope } from '../api/dial-options.js'
import type { NodeHandle } from '../node/node-handle.js'
import { WatchIterator } from './change-iterator.js'
import type { ChangeSource } from './change-source.js'
import type { Discovery } from './discovery.js'
import { RoutesMap } from './routes-map.js'
import { ServiceMap } from './service-map.js'

/** @internal The node whose services and routes are shown; it may still be made. */
type Handle = NodeHandle<unknown, unknown>

/** @internal The services that a view sees, as a map. */
export function serviceMapOf(handle: Handle, scope: DialScope): ServiceMap {
  return new ServiceMap({
    named: (name) => handle.node?.discovery.visible(scope).named(name) ?? [],
    all: () => handle.node?.discovery.visible(scope).all() ?? [],
    watch: (name, signal) =>
      iterate<ServiceChange>(handle, signal, (discovery) => {
        const source = discovery.visible(scope).changes(name)
        return asking(source, discovery, { environment: scope.environment, name })
      }),
  })
}

/** @internal The routes of a node, as a map. */
export function routesMapOf(handle: Handle): RoutesMap {
  return new RoutesMap({
    routeTo: (nodeId) => handle.node?.routes.routeTo(nodeId),
    all: () => handle.node?.routes.routes() ?? [],
    watch: (signal) =>
      iterate<RouteChange>(handle, signal, ({ routes }) => {
        return (onPending) => routes.watch(onPending)
      }),
  })
}

function iterate<C>(
  handle: Handle,
  signal: AbortSignal | undefined,
  sourceOf: (discovery: Discovery) => ChangeSource<C>,
): WatchIterator<C> {
  return new WatchIterator<C>({
    signal,
    source: () => {
      if (handle.node !== undefined) return sourceOf(handle.node.discovery)
      return handle.made.then(({ discovery }) => sourceOf(discovery))
    },
    onOpen: (close) => handle.node?.discovery.opened(close) ?? (() => undefined),
    keepAlive: () => handle.keepAlive,
    defer: (callback) => handle.node?.discovery.clock.defer(callback),
  })
}

/** Asks the network for what is watched, as long as it is. */
function asking(
  source: ChangeSource<ServiceChange>,
  { wants }: Discovery,
  { environment, name }: { environment: string; name: string | undefined },
): ChangeSource<ServiceChange> {
  return (onPending) => {
    const want = name === undefined ? wants.holdAll() : wants.hold(environment, name, () => undefined)
    const changes = source(onPending)
    return {
      take: (limit) => changes.take(limit),
      close: () => {
        changes.close()
        want.close()
      },
    }
  }
}
