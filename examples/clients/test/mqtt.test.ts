import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programs, serverFolder, startDaemon, type Daemon } from './daemon.js'
import { twoNodes, type TwoNodes } from './two-nodes.js'

const found = programs('mqtt against mosquitto', 'mosquitto')

describe.runIf(found)('mosquitto, published by its Unix socket', () => {
  let daemon: Daemon
  let nodes: TwoNodes

  beforeAll(async () => {
    const folder = await serverFolder()
    const path = join(folder, 'mqtt.sock')
    const settings = [
      `listener 0 ${path}`,
      'allow_anonymous true',
      'persistence false',
      'log_dest stderr',
      '',
    ]
    await writeFile(join(folder, 'config'), settings.join('\n'))
    daemon = await startDaemon(found?.[0] ?? '', ['-c', join(folder, 'config')], { folder, ready: /running/ })
    nodes = await twoNodes()
    await nodes.server.publish('mqtt', path)
  }, 60_000)

  afterAll(async () => {
    await nodes[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  })

  it('answers mqtt, by its builder of streams', async () => {
    const client = new MqttClient(() => nodes.client.connect('', 'mqtt'), {})
    await new Promise<void>((resolve) => client.once('connect', () => resolve()))
    await client.subscribeAsync('news/#', { qos: 1 })
    const received = new Promise<string[]>((resolve) => {
      client.once('message', (topic, payload) => resolve([topic, String(payload)]))
    })
    await client.publishAsync('news/today', 'there and back', { qos: 1 })
    expect(await received).toEqual(['news/today', 'there and back'])
    await client.endAsync()
  })
})
