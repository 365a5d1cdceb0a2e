import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programs, runOnce, serverFolder, startDaemon, type Daemon } from './daemon.js'
import { twoNodes, type TwoNodes } from './two-nodes.js'

const found = programs('mysql2 against MariaDB', 'mariadb-install-db', 'mariadbd')

describe.runIf(found)('MariaDB, published by its Unix socket', () => {
  let daemon: Daemon
  let nodes: TwoNodes

  beforeAll(async () => {
    const [install = '', server = ''] = found ?? []
    const folder = await serverFolder()
    const [data, path] = [join(folder, 'data'), join(folder, 'mariadb.sock')]
    const own = ['--no-defaults', `--datadir=${data}`, '--innodb-flush-log-at-trx-commit=0']
    const small = ['--innodb-log-file-size=4M', '--innodb-buffer-pool-size=8M']
    runOnce(install, [...own, ...small, '--auth-root-authentication-method=normal', '--skip-test-db'], folder)
    daemon = await startDaemon(server, [...own, ...small, '--skip-networking', `--socket=${path}`], {
      folder,
      ready: /ready for connections/,
    })
    nodes = await twoNodes()
    await nodes.server.publish('mariadb', path)
  }, 90_000)

  afterAll(async () => {
    await nodes[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  }, 60_000)

  it('answers mysql2, by its option stream', async () => {
    const connection = await createConnection({
      user: 'root',
      database: 'mysql',
      stream: () => nodes.client.connect('', 'mariadb'),
    })
    const [rows] = await connection.query('select seq as n from seq_1_to_5000')
    expect((rows as unknown[]).length).toBe(5_000)
    await expect(connection.query('select nothing')).rejects.toMatchObject({ code: 'ER_BAD_FIELD_ERROR' })
    await connection.end()
  })
})
