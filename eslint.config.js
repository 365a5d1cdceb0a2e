import tseslint from 'typescript-eslint'

/** What the compiler cannot say and prettier does not touch. Every rule has its reason beside it. */
export default tseslint.config(
  { ignores: ['**/dist/**', '**/.tools/**', '**/node_modules/**', 'reports/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['{packages,apps,examples}/*/{src,test}/**/*.ts', 'tooling/{test,test-support,reference}/**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      // `any` switches every other check off, silently, for whatever it touches.
      '@typescript-eslint/no-explicit-any': 'error',
      // A promise nobody waits for swallows its error, or ends the process with it.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      // A stack and a code come only with an Error.
      '@typescript-eslint/only-throw-error': 'error',
      // A state or frame type that was added must be thought of wherever they are told apart.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      // What is only a type must not load a module.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      eqeqeq: ['error', 'always'],
      'no-restricted-syntax': ['error', ...exportRules()],
    },
  },
  {
    // A library speaks through errors, events and process.emitWarning, never on its user's terminal.
    files: ['packages/*/src/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // The protocol cores are simulated and replayed: time, chance and text coding are given to them.
    files: ['packages/*/src/proto/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...ambientGlobals()],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'take `now` as an argument' },
        { object: 'Math', property: 'random', message: 'take randomness as an argument' },
      ],
    },
  },
  {
    files: ['**/test/**/*.ts'],
    rules: {
      // `only` hides the rest; `skip` hides itself. `skipIf` with a reason in the name is fine.
      'no-restricted-properties': ['error', ...['describe', 'it', 'test'].flatMap(hiddenTests)],
      // A test waits for what it waits for, not for a while.
      'no-restricted-syntax': [
        'error',
        ...exportRules(),
        {
          selector: 'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
          message: 'no sleeps in tests: wait for the event, or use virtual time',
        },
      ],
      'no-restricted-imports': ['error', { name: 'node:timers/promises', message: 'no sleeps in tests' }],
    },
  },
)

function exportRules() {
  return [
    { selector: 'ExportDefaultDeclaration', message: 'export by name: one thing has one name everywhere' },
    { selector: 'ExportAllDeclaration', message: 'list the names: what a package offers is a decision' },
  ]
}

function ambientGlobals() {
  const names = [
    'performance',
    'crypto',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'process',
  ]
  return names.map((name) => ({
    name,
    message: 'src/proto does no I/O: take time and randomness as arguments',
  }))
}

/** @param {string} object */
function hiddenTests(object) {
  return ['only', 'skip', 'todo'].map((property) => ({ object, property, message: 'every test runs' }))
}
