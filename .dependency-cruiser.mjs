import { externals, layers, nodeOnly } from './tooling/scripts/lib/layers.mjs'

/** @param {readonly string[]} names */
const oneOf = (names) => `(${names.join('|')})`

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const layerRules = Object.entries(layers).map(([name, allowed]) => ({
  name: `layer-of-${name}`,
  comment: `${name} may use only ${allowed.length === 0 ? 'itself' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: '^packages/', pathNot: `^packages/${oneOf([name, ...allowed])}/` },
}))

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const externalRules = Object.keys(layers).map((name) => ({
  name: `externals-of-${name}`,
  comment: `${name} may use only ${externals[name]?.join(', ') ?? 'nothing'} from the registry`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: 'node_modules/', pathNot: `node_modules/${oneOf([...(externals[name] ?? []), '@astranet'])}/` },
}))

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const runtimeRules = Object.keys(layers)
  .filter((name) => nodeOnly[name] !== '')
  .map((name) => ({
    name: `runtime-of-${name}`,
    comment: `${name} runs in any runtime, so it has no use for Node's modules here`,
    severity: 'error',
    from: {
      path: `^packages/${name}/src/`,
      ...(nodeOnly[name] === undefined ? {} : { pathNot: `^packages/${name}/src/${nodeOnly[name]}` }),
    },
    to: { dependencyTypes: ['core'] },
  }))

/** @type {import('dependency-cruiser').IConfiguration} */
const configuration = {
  forbidden: [
    ...layerRules,
    ...externalRules,
    ...runtimeRules,
    {
      name: 'layer-known',
      comment: 'a new package takes its place in tooling/scripts/lib/layers.mjs first',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/${oneOf(Object.keys(layers))}/` },
      to: {},
    },
    {
      name: 'no-deep-import',
      comment: 'another package is used through its name and exports, never through a path into it',
      severity: 'error',
      from: { path: '^((?:packages|apps|examples)/[^/]+)/' },
      to: { path: '^(packages|apps|examples)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-unresolved',
      comment: 'not there, or not among the exports of the package',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycle',
      comment:
        'files that need each other are one file in two, also when only types close the circle: give the shared type a file',
      severity: 'error',
      from: { path: '^(packages|apps|examples)/[^/]+/src/' },
      to: { circular: true },
    },
    {
      name: 'proto-is-pure',
      comment: 'the protocol core does no I/O: it uses itself and lower packages',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/proto/' },
      to: { path: '^packages/$1/src/', pathNot: '^packages/$1/src/proto/' },
    },
    {
      name: 'proto-knows-no-runtime',
      comment: "the protocol core does no I/O: Node's modules and the registry's packages stay out",
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/proto/' },
      to: { path: '.', pathNot: '^packages/', couldNotResolve: false },
    },
    {
      name: 'no-app-below',
      comment: 'apps and examples are on top: no package knows one, and none knows another',
      severity: 'error',
      from: { path: '^(?:packages|((?:apps|examples)/[^/]+))/' },
      to: { path: '^(apps|examples)/', pathNot: '^$1/' },
    },
    {
      name: 'no-test-in-source',
      comment: 'what is published does not need what is not',
      severity: 'error',
      from: { path: '^(packages|apps|examples)/[^/]+/src/' },
      to: { path: '^(packages|apps|examples)/[^/]+/test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@astranet/source', 'import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}

// dependency-cruiser reads nothing but a default export.
export default configuration
