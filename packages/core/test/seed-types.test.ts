import type { Duplex } from 'node:stream'
import { expectTypeOf, test } from 'vitest'
import type {
  AstraNet,
  BindOptions,
  DialOptions,
  Endpoint,
  JoinInspection,
  Listener,
  NodeId,
  Route,
  RoutesMap,
  ServiceInstance,
  ServiceMap,
  Socket,
} from '../src/index.js'

declare const node: AstraNet

test('the calls of the Go package have types for both of their forms', () => {
  expectTypeOf<AstraNet['dial']>().toBeCallableWith('name')
  expectTypeOf<AstraNet['dial']>().toBeCallableWith('name', { timeoutMs: 1 })
  expectTypeOf<AstraNet['dial']>().toBeCallableWith('', 'name')
  expectTypeOf<AstraNet['dial']>().toBeCallableWith('', 'name', { timeoutMs: 1 })
  expectTypeOf<AstraNet['dial']>().returns.toEqualTypeOf<Promise<Socket>>()
  expectTypeOf<AstraNet['dialTimeout']>().toBeCallableWith('name', 1)
  expectTypeOf<AstraNet['dialTimeout']>().toBeCallableWith('', 'name', 1)
  expectTypeOf<AstraNet['bind']>().toBeCallableWith('name', { backlog: 1 })
  expectTypeOf<AstraNet['bind']>().toBeCallableWith('', 'name:1', { backlog: 1 })
  expectTypeOf<AstraNet['bind']>().returns.toEqualTypeOf<Promise<Listener>>()
  expectTypeOf<AstraNet['listenAndServe']>().toBeCallableWith(':1')
  expectTypeOf<AstraNet['listenAndServe']>().toBeCallableWith('tcp4', ':1', { onError: () => undefined })
  expectTypeOf<AstraNet['listenAndServe']>().returns.toEqualTypeOf<Promise<Endpoint>>()
  expectTypeOf<AstraNet['join']>().toBeCallableWith('example.com', { keepTrying: true })
  expectTypeOf<AstraNet['join']>().toBeCallableWith('tcp4', 'h:1', { timeoutMs: 1 })
  expectTypeOf<AstraNet['join']>().returns.toEqualTypeOf<Promise<NodeId>>()
  expectTypeOf<AstraNet['httpDial']>().toBeCallableWith('name:80')
  expectTypeOf<AstraNet['httpDial']>().toBeCallableWith('', 'name:80', {})
  expectTypeOf<AstraNet['connect']>().toBeCallableWith('name', {}, () => undefined)
  expectTypeOf<AstraNet['connect']>().toBeCallableWith('', 'name', {}, () => undefined)
  expectTypeOf<AstraNet['connect']>().returns.toEqualTypeOf<Socket>()
  expectTypeOf<Socket>().toExtend<Duplex>()
})

test('the options of each call are those of its name', () => {
  expectTypeOf<AstraNet['dial']>().parameter(2).toEqualTypeOf<DialOptions | undefined>()
  expectTypeOf<AstraNet['bind']>().parameter(2).toEqualTypeOf<BindOptions | undefined>()
})

test('views, modes and maps keep the type of the node', () => {
  expectTypeOf<AstraNet['withEnv']>().toEqualTypeOf<(...names: string[]) => AstraNet>()
  expectTypeOf<AstraNet['withLoopBack']>().returns.toEqualTypeOf<AstraNet>()
  expectTypeOf<ReturnType<AstraNet['client' | 'server' | 'router']>>().toEqualTypeOf<AstraNet>()
  expectTypeOf<(typeof AstraNet)['new']>().returns.toEqualTypeOf<AstraNet>()
  expectTypeOf<AstraNet['services']>().returns.toEqualTypeOf<ServiceInstance[]>()
  expectTypeOf<AstraNet['routes']>().returns.toEqualTypeOf<Route[]>()
  expectTypeOf<AstraNet['serviceMap']>().returns.toEqualTypeOf<ServiceMap>()
  expectTypeOf<AstraNet['routesMap']>().returns.toEqualTypeOf<RoutesMap>()
  expectTypeOf<ReturnType<AstraNet['inspect']>['joins']>().toEqualTypeOf<readonly JoinInspection[]>()
  expectTypeOf<AstraNet['leave']>().returns.toEqualTypeOf<Promise<number>>()
})

test('a wrong call does not compile', () => {
  const unused = (): void => {
    // @ts-expect-error options in place of the address
    void node.dial('', { timeoutMs: 1 }, {})
    // @ts-expect-error a time is no text
    void node.dialTimeout('name', '1')
    // @ts-expect-error there is no such option
    void node.join('example.com', { retries: 3 })
    // @ts-expect-error a node is left by its id
    void node.leave('name')
  }
  expectTypeOf(unused).returns.toBeVoid()
})
