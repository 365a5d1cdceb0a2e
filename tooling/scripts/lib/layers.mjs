/**
 * Which packages each package may use in its `src`: the layers, in one place. The dependency rules and the test that
 * holds every package.json to them both read it.
 *
 * @type {Record<string, readonly string[]>}
 */
export const layers = {
  interface: [],
  secure: ['interface'],
  policy: ['interface'],
  frame: ['interface'],
  ticket: ['interface', 'frame', 'secure'],
  mux: ['interface', 'frame'],
  link: ['interface', 'secure', 'frame', 'mux'],
  registry: ['interface', 'frame'],
  relay: ['interface', 'mux', 'link', 'registry'],
  'transport-memory': ['interface'],
  'transport-tcp': ['interface'],
  'transport-ws': ['interface'],
  testkit: ['interface'],
  core: [
    'interface',
    'policy',
    'mux',
    'link',
    'registry',
    'relay',
    'secure',
    'ticket',
    'transport-tcp',
    'transport-ws',
  ],
}

/** Packages of the npm registry that a package may use in its `src`; none may use any other. */
export const externals = /** @type {Record<string, readonly string[]>} */ ({
  frame: ['@msgpack/msgpack'],
  policy: ['yaml'],
  'transport-ws': ['ws'],
  core: ['undici'],
})

/** Where a package that runs in any runtime may use Node's modules all the same, as patterns of paths in `src`. */
export const nodeOnly = /** @type {Record<string, string>} */ ({
  secure: 'nodejs/',
  policy: 'file/',
  mux: 'io/',
  'transport-tcp': '',
  'transport-ws': '',
  core: 'nodejs/',
})
