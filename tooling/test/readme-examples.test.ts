import { expect, test } from 'vitest'
import { readmeExamples } from '../scripts/lib/readme-examples.mjs'

test('every ts fence is an example that runs, with the line where its code begins', () => {
  const markdown = ['# Name', '```ts', "import 'a'", '', 'b()', '```', 'text', '```ts', 'c()', '```'].join(
    '\n',
  )
  expect(readmeExamples(markdown)).toEqual([
    { code: "import 'a'\n\nb()\n", line: 3, isRun: true, isAlone: true },
    { code: 'c()\n', line: 9, isRun: true, isAlone: true },
  ])
})

test('a fence marked no-run is an example that is not run', () => {
  expect(readmeExamples('```ts no-run\na()\n```')).toEqual([
    { code: 'a()\n', line: 2, isRun: false, isAlone: true },
  ])
})

test('a fence marked with-others is an example that needs other packages too', () => {
  expect(readmeExamples('```ts with-others\na()\n```')).toEqual([
    { code: 'a()\n', line: 2, isRun: true, isAlone: false },
  ])
})

test('fences of other languages and fences shown inside fences are text', () => {
  expect(
    readmeExamples('```sh\nls\n```\n```\na\n```\n````md\n```ts\na()\n```\n````\n```js\nb()\n```'),
  ).toEqual([])
})
