import {
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ClientDuplexStream,
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { twoNodes } from './two-nodes.js'

/** A service without a .proto file: its messages are text. */
const toBytes = (text: string): Buffer => Buffer.from(text)
const toText = (bytes: Buffer): string => bytes.toString()
const text = {
  requestSerialize: toBytes,
  requestDeserialize: toText,
  responseSerialize: toBytes,
  responseDeserialize: toText,
}
const definition = {
  hello: { path: '/Greeter/Hello', requestStream: false, responseStream: false, ...text },
  echo: { path: '/Greeter/Echo', requestStream: true, responseStream: true, ...text },
} satisfies ServiceDefinition
const hello: handleUnaryCall<string, string> = (call, answer) => answer(null, `hello ${call.request}`)
const echo: handleBidiStreamingCall<string, string> = (call) => void call.pipe(call)

await using nodes = await twoNodes()

// The server takes connections from outside: each socket of the service is one.
const server = new Server()
server.addService(definition, { hello, echo })
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
  call.call(client, 'world', (error, said) => (error === null ? resolve(said) : reject(error)))
})
console.log(answer)

// A stream in both directions.
const open = client.echo as () => ClientDuplexStream<string, string>
const stream = open.call(client)
for (let index = 0; index < 100; index++) stream.write('x'.repeat(10_000))
stream.end()
let echoed = 0
for await (const message of stream) echoed += (message as string).length
console.log(`${echoed} bytes there and back`)
client.close()
server.forceShutdown()
