import type { WriteStream } from 'node:tty'
import { expect, test } from 'vitest'
import { Screen } from '../src/screen.js'

function terminal(columns: number, rows: number): { output: WriteStream; written: string[] } {
  const written: string[] = []
  const output = { columns, rows, write: (text: string) => written.push(text) }
  return { output: output as unknown as WriteStream, written }
}

test('a text replaces the one before it', () => {
  const { output, written } = terminal(80, 24)
  const screen = new Screen(output)
  screen.show(['1 service', '  echo'])
  screen.show(['no services'])
  expect(written).toEqual(['\r\u001b[J1 service\n  echo\n', '\u001b[2A\r\u001b[Jno services\n'])
})

test('what does not fit on the terminal is cut, since it could not be replaced', () => {
  const { output, written } = terminal(4, 4)
  new Screen(output).show(['abcdef', 'b', 'c', 'd'])
  expect(written).toEqual(['\r\u001b[Jabcd\nb\n... \n'])
})
