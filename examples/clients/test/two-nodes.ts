import { AstraNet } from '@astranet/core'

/** Two nodes; the client has joined the server. */
export interface TwoNodes extends AsyncDisposable {
  readonly server: AstraNet
  readonly client: AstraNet
}

export async function twoNodes(): Promise<TwoNodes> {
  const [server, client] = [new AstraNet(), new AstraNet()]
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await client.join('tcp4', address)
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), server.close()])
    },
  }
}
