import { afterEach, describe, expect, it } from 'vitest'
import { Program } from './program.js'

const programs: Program[] = []

function start(...args: string[]): Program {
  const program = new Program(...args)
  programs.push(program)
  return program
}

/** A router, and the arguments with which others join it. */
async function startRouter(): Promise<string[]> {
  const router = start('router', '--at', '127.0.0.1:0')
  const [, address = ''] = /^the router listens at (\S+)$/.exec(await router.line()) ?? []
  return ['--at', address]
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()))
})

describe('the example', () => {
  it('lists services as their processes start, and removes those of a killed process', async () => {
    const at = await startRouter()
    const watch = start('watch', ...at)
    const echo = start('serve', 'echo', ...at)
    expect(await watch.line()).toMatch(new RegExp(`^\\+ echo {2}n\\w+ {2}process ${echo.pid}$`))
    const twin = start('serve', 'echo', ...at)
    const added = await watch.line()
    expect(added).toContain(`process ${twin.pid}`)

    await twin.kill()
    expect(await watch.line()).toBe(added.replace('+', '-'))

    // The first one is still there for a watch that begins now.
    expect(await start('watch', ...at).line()).toContain(`process ${echo.pid}`)
  })

  it('removes the services of a process that ends by itself, which exits with 0', async () => {
    const at = await startRouter()
    const watch = start('watch', ...at)
    const echo = start('serve', 'echo', ...at)
    expect(await watch.line()).toMatch(/^\+ echo /)
    echo.process.kill('SIGINT')
    expect(await watch.line()).toMatch(/^- echo /)
    expect(await echo.ended).toBe(0)
  })

  it.each([
    [[], 'a command is router, serve NAME or watch, got ""'],
    [['serve'], 'serve needs the name of a service'],
    [['watch', 'echo'], 'watch takes no argument, got "echo"'],
    [['serve', 'a', 'b'], 'there is one argument too many: b'],
    [['watch', '--nope'], "Unknown option '--nope'"],
  ])('refuses wrong arguments with a sentence: %j', async (args, sentence) => {
    const program = start(...args)
    expect(await program.ended).toBe(2)
    expect(program.stderr).toContain(sentence)
  })

  it('reports a router that is not there, and exits with 1', async () => {
    const program = start('watch', '--at', '127.0.0.1:1')
    expect(await program.ended).toBe(1)
    expect(program.stderr).toMatch(/ECONNREFUSED/)
  })
})
