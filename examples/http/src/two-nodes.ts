import { AstraNet } from '@astranet/core'

/** Two nodes, usually on two machines. Here they are in one process. */
export interface TwoNodes extends AsyncDisposable {
  readonly server: AstraNet
  readonly client: AstraNet
}

/** Makes both nodes; the client joins the server. */
export async function twoNodes(): Promise<TwoNodes> {
  const server = new AstraNet()
  const client = new AstraNet()
  const { address } = await server.listenAndServe('tcp4', '127.0.0.1:0')
  await client.join('tcp4', address)
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close()
      await server.close()
    },
  }
}
