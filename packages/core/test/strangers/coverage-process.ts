// A node that listens, in a process in which V8 counts the calls of every function.
import { Session } from 'node:inspector'
import { AstraNet } from '../../src/index.js'
import { argument, serve } from './children.js'

/** The functions of a file that were called, in their order. */
export type CalledFunctions = Readonly<Record<string, readonly string[]>>

const inspector = new Session()
inspector.connect()
inspector.post('Profiler.enable')
inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

/** Files and functions of the packages that were called since the last time. The inspector answers within the call. */
function called(): CalledFunctions {
  const found: Record<string, string[]> = {}
  inspector.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error !== null) throw new Error(`there is no coverage: ${error.message}`)
    for (const { url, functions } of coverage.result) {
      const file = /\/packages\/(.+)$/.exec(url)?.[1]
      const names = functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
      if (file === undefined || names.length === 0) continue
      found[file] = names.map(({ functionName }) => functionName)
    }
  })
  return found
}

const { network, secret } = argument<{ network: string; secret: string }>()
const node = new AstraNet({ secret })
const { address } = await node.listenAndServe(network, '127.0.0.1:0', { onError() {} })
// What ran so far is not a stranger's doing.
called()
serve(address, called)
