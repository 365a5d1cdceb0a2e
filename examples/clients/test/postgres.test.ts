import { join } from 'node:path'
import { Client } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programs, runOnce, serverFolder, startDaemon, type Daemon } from './daemon.js'
import { twoNodes, type TwoNodes } from './two-nodes.js'

const found = programs('pg and postgres against PostgreSQL', 'initdb', 'postgres')

describe.runIf(found)('PostgreSQL, published by its Unix socket', () => {
  let daemon: Daemon
  let nodes: TwoNodes

  beforeAll(async () => {
    const [initdb = '', server = ''] = found ?? []
    const folder = await serverFolder()
    const data = join(folder, 'data')
    runOnce(initdb, ['-D', data, '-A', 'trust', '-U', 'user', '--no-sync', '--locale=C'], folder)
    const settings = ['-F', '-k', folder, '-h', '', '-c', 'max_connections=10']
    daemon = await startDaemon(server, ['-D', data, ...settings], {
      folder,
      ready: /ready to accept connections/,
      signal: 'SIGINT',
    })
    nodes = await twoNodes()
    await nodes.server.publish('postgres', join(folder, '.s.PGSQL.5432'))
  }, 60_000)

  afterAll(async () => {
    await nodes[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  }, 60_000)

  it('answers pg, by its option stream', async () => {
    const client = new Client({ user: 'user', database: 'postgres', stream: () => connected(nodes) })
    await client.connect()
    const { rows } = await client.query('select generate_series(1, $1::int) as n', [10_000])
    expect(rows.length).toBe(10_000)
    await expect(client.query('select nothing')).rejects.toMatchObject({ code: '42703' })
    await client.end()
  })

  it('answers postgres, by its option socket', async () => {
    const sql = postgres({
      ...{ user: 'user', database: 'postgres', max: 3 },
      socket: () => nodes.client.dial('', 'postgres'),
    } as postgres.Options<Record<string, never>>)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => sql`select ${i}::int as n`))
    expect(answers.map(([row]) => row?.n as number)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    await sql.end()
  })
})

/** pg connects the socket that it is given: this one is on its way already. */
function connected(nodes: TwoNodes): ReturnType<TwoNodes['client']['connect']> {
  const socket = nodes.client.connect('', 'postgres')
  return Object.assign(socket, { connect: () => socket })
}
