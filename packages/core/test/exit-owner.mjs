// A node that offers a service to the node that it joins, with AstraNet as it is built. It ends as it is told, without
// closing the node first.
import { AstraNet } from '../dist/index.js'

const ways = {
  'by process.exit': () => process.exit(),
  'by an exception': () => {
    throw new Error('nobody catches this')
  },
  'while it is being closed': () => {
    void node.close()
    process.exit()
  },
  'after it was closed': () => void node.close().then(() => process.exit()),
  'by SIGKILL': () => process.kill(process.pid, 'SIGKILL'),
}

const node = new AstraNet()
await node.bind('', 'web')
await node.join('tcp4', process.argv[2])
process.on('message', async (way) => {
  // What it has published before has left, so only the last state is missing.
  const isQuiet = ({ isCurrent, dirty, awaited }) => isCurrent && dirty === 0 && awaited === 0
  while (!node.inspect().registry.neighbours.every(isQuiet)) await new Promise(setImmediate)
  await node.ping(node.inspect().links[0].nodeId)
  ways[way]()
})
