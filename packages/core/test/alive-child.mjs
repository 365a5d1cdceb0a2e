// Does one thing after the other with `net`, real or of AstraNet as it is built, and says of each whether anything
// keeps the process alive behind it. 'beforeExit' is what Node emits when nothing does.
import realNet from 'node:net'
import { AstraNet } from '../dist/index.js'
import { netThings } from './alive-net-things.mjs'
import { nodeThings } from './alive-node-things.mjs'
import { transportsOf } from './exit-transports.mjs'

const { over, network, address, servers, expected } = JSON.parse(process.argv[2])

/** How many ticks of 20 ms something must keep the process alive; on a busy machine they take longer. */
const TURNS = 15

/** Called when nothing keeps the process alive. */
let onIdle = () => {}
process.on('beforeExit', () => onIdle())

function idle() {
  return new Promise((resolve) => {
    onIdle = () => resolve('ends')
  })
}

/** Keeps nothing alive itself. */
function turnsPass() {
  return new Promise((resolve) => {
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
      if (turns < TURNS) return
      clearInterval(timer)
      resolve('alive')
    }, 20)
    timer.unref()
  })
}

async function outcomeOf(run, expectedOutcome) {
  const kept = []
  const log = []
  const keep = (closes) => void kept.push(closes)
  const ended = idle().then(() => 'ends before it is done')
  const done = run({ keep, log: (text) => log.push(text) })
  // Whatever the thing waits for must keep the process alive meanwhile.
  const early = await Promise.race([ended, Promise.resolve(done).then(() => undefined)])
  const outcome = early ?? (await (expectedOutcome === 'ends' ? idle() : Promise.race([idle(), turnsPass()])))
  const result = [outcome, ...log].join(', ')
  // Keeps the process alive until all is closed.
  const timer = setInterval(() => {}, 1_000)
  onIdle = () => {}
  for (const close of kept.reverse()) await close()
  await new Promise((resolve) => setImmediate(resolve))
  clearInterval(timer)
  return result
}

async function main(things) {
  for (const [name, outcome] of Object.entries(expected)) {
    process.stdout.write(`${JSON.stringify([name, await outcomeOf(things[name], outcome.split(',')[0])])}\n`)
    // Otherwise the process would end when the next thing is nothing at all.
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.exit()
}

if (over === 'net') void main(netThings(realNet, servers))
else if (over === 'itself') void main(netThings(new AstraNet().net, servers))
else {
  const node = new AstraNet({ ...transportsOf(over), holePunching: false })
  await node.join(network, address)
  void main({ ...netThings(node.net, servers), ...nodeThings(node) })
}
