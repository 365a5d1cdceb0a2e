// A node in a process of its own, which does what the test says.
import { AstraNet, importIdentity, type AstraNetOptions, type Listener } from '../../src/index.js'
import { argument, serve } from '../strangers/children.js'
import type { NodeSettings } from './processes.js'

const settings = argument<NodeSettings>()
const { now } = Date
const { fixedNow, clockOffsetMs = 0 } = settings
Date.now = () => fixedNow ?? now() + clockOffsetMs

const options: AstraNetOptions = {
  role: settings.role ?? 'node',
  // The tests say who is linked with whom.
  spareRouter: false,
  sessionLimits: settings.sessionLimits ?? {},
  ...(settings.identity === undefined ? {} : { identity: await importIdentity(settings.identity) }),
}
const node = new AstraNet(options)
const listeners = new Map<string, Listener>()
const { address } = await node.listenAndServe('tcp4', settings.listen ?? '127.0.0.1:0', { onError() {} })
for (const name of settings.binds ?? []) listeners.set(name, await node.bind('', name))
for (const target of settings.joins ?? []) await node.join('tcp4', target)

const commands: Readonly<Record<string, (name: string) => unknown>> = {
  services: () => node.services().map(({ name }) => name),
  routes: () => node.routes().length,
  bind: async (name) => {
    listeners.set(name, await node.bind('', name))
    return name
  },
  unbind: (name) => {
    listeners.get(name)?.close()
    return name
  },
  close: async () => {
    await node.close()
    return 'closed'
  },
}

serve(address, async (question) => {
  const [command = '', name = ''] = question.split(' ')
  return await commands[command]?.(name)
})
