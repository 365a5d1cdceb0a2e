// Loaded before one of Node's tests: `require('net')` and `import 'node:net'` in the test's own folder give the `net`
// module of a fresh node. Everything else, Node's own modules first of all, has the real one.
import Module, { register } from 'node:module'
import { AstraNet } from '../../src/index.js'

/** Node's loader of CommonJS modules, which has no types. */
interface Loader {
  _load(request: string, parent: { readonly filename?: string } | undefined, isMain: boolean): unknown
}

const folder = process.env['NODE_NET_FOLDER'] ?? ''
const { net } = new AstraNet()
const loader = Module as unknown as Loader
const load = loader._load.bind(loader)
const NAMES = ['net', 'node:net']

loader._load = (request, parent, isMain) =>
  NAMES.includes(request) && parent?.filename?.startsWith(folder) === true
    ? net
    : load(request, parent, isMain)

const exported = Object.keys(net).filter((name) => /^[A-Za-z]\w*$/.test(name))
const source =
  `const net = globalThis[Symbol.for('astranet.net')];export default net;` +
  `export const { ${exported.join(', ')} } = net;`
Object.assign(globalThis, { [Symbol.for('astranet.net')]: net })
const hooks = `
export async function resolve(specifier, context, next) {
  const isOurs = ${JSON.stringify(NAMES)}.includes(specifier) && context.parentURL?.startsWith(${JSON.stringify(`file://${folder}`)})
  return isOurs
    ? { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(source)}`)}, shortCircuit: true }
    : next(specifier, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
