import {
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type handleUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { twoNodes } from './two-nodes.js'

/** A service without a .proto file: its messages are text. */
const toBytes = (text: string): Buffer => Buffer.from(text)
const toText = (bytes: Buffer): string => bytes.toString()
const definition = {
  hello: {
    path: '/Greeter/Hello',
    requestStream: false,
    responseStream: false,
    requestSerialize: toBytes,
    requestDeserialize: toText,
    responseSerialize: toBytes,
    responseDeserialize: toText,
  },
} satisfies ServiceDefinition
const hello: handleUnaryCall<string, string> = (call, answer) => answer(null, `hello ${call.request}`)

await using nodes = await twoNodes()

// The server takes connections from outside: each socket of the service is one.
const server = new Server()
server.addService(definition, { hello })
const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
const listener = await nodes.server.bind('', 'greeter', { allowHalfOpen: true })
listener.on('connection', (socket) => injector.injectConnection(socket))

// The client takes addresses only: a forward gives it one.
const { local } = await nodes.client.forward('127.0.0.1:0', 'greeter')
const Greeter = makeGenericClientConstructor(definition, 'Greeter')
const client = new Greeter(local, credentials.createInsecure())
const call = client.hello as (
  name: string,
  callback: (error: Error | null, answer: string) => void,
) => unknown
const answer = await new Promise<string>((resolve, reject) => {
  call.call(client, 'world', (error, text) => (error === null ? resolve(text) : reject(error)))
})
console.log(answer)
client.close()
server.forceShutdown()
