import { ipBatch, run, setSystemValues } from './commands.js'

/** What the names of all namespaces of tests begin with; the id of the test's process follows. */
const PREFIX = 'astra-'

let made = 0

/** Network namespaces that a test makes. All are removed together, with everything in them. */
export class Namespaces implements Disposable {
  readonly #names: string[] = []

  /** Makes one whose loopback interface is up, and which is connected to nothing. */
  add(label: string): string {
    const name = `${PREFIX}${process.pid}-${made++}-${label}`
    run('ip', 'netns', 'add', name)
    this.#names.push(name)
    ipBatch(name, ['link set lo up'])
    // Addresses can be used at once: nobody else has them.
    setSystemValues(name, { 'net/ipv6/conf/default/accept_dad': '0' })
    return name
  }

  /** Removes all. Idempotent. */
  [Symbol.dispose](): void {
    for (const name of this.#names.splice(0).reverse()) run('ip', 'netns', 'del', name)
  }
}

/**
 * Removes the namespaces of test processes that were killed. A process in such a namespace ends by itself, since the
 * process that started it is gone. Call it before the first namespace is made.
 */
export function removeLeftovers(): void {
  for (const line of run('ip', 'netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ')
    const [, id] = /^astra-(\d+)-\d+-/.exec(name) ?? []
    if (id !== undefined && !isRunning(Number(id))) run('ip', 'netns', 'del', name)
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch {
    return false
  }
}
