import type nodeNet from 'node:net'
import { expectTypeOf, test } from 'vitest'
import type { AstraNet, NetModule, NetModuleServer, NetModuleSocket, NodeId } from '../src/index.js'

declare const node: AstraNet

test('a program that is typed against node:net takes the module of a node', () => {
  expectTypeOf<NetModule>().toExtend<typeof nodeNet>()
  expectTypeOf<AstraNet['net']>().toEqualTypeOf<NetModule>()
  expectTypeOf<NetModuleSocket>().toExtend<nodeNet.Socket>()
  expectTypeOf<NetModuleServer>().toExtend<nodeNet.Server>()
  const program = (net: typeof nodeNet): nodeNet.Server =>
    net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.pipe(
        net.connect({ port: 1, host: 'x', onread: { buffer: Buffer.alloc(1), callback: () => true } }),
      )
    })
  expectTypeOf<NetModule>().toExtend<Parameters<typeof program>[0]>()
})

test('connect and createServer have the overloads of Node, and the sockets know their node', () => {
  expectTypeOf<NetModule['connect']>().toBeCallableWith(1)
  expectTypeOf<NetModule['connect']>().toBeCallableWith(1, 'host')
  expectTypeOf<NetModule['connect']>().toBeCallableWith(1, () => undefined)
  expectTypeOf<NetModule['connect']>().toBeCallableWith(1, 'host', () => undefined)
  expectTypeOf<NetModule['connect']>().toBeCallableWith('service')
  expectTypeOf<NetModule['connect']>().toBeCallableWith({ port: 1, host: 'x', timeout: 1 }, () => undefined)
  expectTypeOf<NetModule['createConnection']>().returns.toEqualTypeOf<NetModuleSocket>()
  expectTypeOf<NetModule['createServer']>().toBeCallableWith((socket) => {
    expectTypeOf(socket).toEqualTypeOf<NetModuleSocket>()
  })
  expectTypeOf<NetModuleSocket['remoteNode']>().toEqualTypeOf<NodeId>()
  expectTypeOf<NetModule['Socket']>().toBeConstructibleWith({ allowHalfOpen: true })
  expectTypeOf<NetModule['Server']>().toBeConstructibleWith((socket) => {
    expectTypeOf(socket).toEqualTypeOf<NetModuleSocket>()
  })
  const subclass = () => class extends node.net.Socket {}
  expectTypeOf<InstanceType<ReturnType<typeof subclass>>>().toExtend<nodeNet.Socket>()
})
