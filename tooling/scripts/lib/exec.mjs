import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { root } from './workspace.mjs'

/**
 * @typedef {object} ExecOptions
 * @property {string} [cwd] default: the root of the workspace
 * @property {Record<string, string>} [env] added to this process's own
 * @property {'inherit' | 'stderr' | 'capture'} [output] where the child's output goes: to ours (default), all of it to
 *   our stderr, or into the result
 * @property {number} [timeoutMs] ends the child with SIGTERM after this long; default: no limit
 */

/**
 * @typedef {object} ExecResult
 * @property {number} exitCode the child's, or 128 + the number of the signal that ended it
 * @property {boolean} isTimedOut
 * @property {string} output stdout and stderr as they came, when captured; otherwise empty
 */

/**
 * Runs a program to its end, without a shell. Never rejects because of what the program does; rejects when it cannot be
 * started.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {ExecOptions} [options]
 * @returns {Promise<ExecResult>}
 */
export function exec(command, args, options = {}) {
  const { output = 'inherit', timeoutMs = 0 } = options
  const sink = {
    inherit: /** @type {const} */ ('inherit'),
    stderr: 2,
    capture: /** @type {const} */ ('pipe'),
  }[output]
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...childEnvironment(), ...options.env },
    // With a terminal the child may ask; without one nothing waits for an answer.
    stdio: [process.stdin.isTTY ? 'inherit' : 'ignore', sink, output === 'inherit' ? 'inherit' : sink],
  })
  return new Promise((resolve, reject) => {
    const stopForwarding = forwardSignals(child)
    const result = { exitCode: 1, isTimedOut: false, output: '' }
    const timer = timeoutMs > 0 ? setTimeout(() => (result.isTimedOut = child.kill()), timeoutMs) : undefined
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (result.output += text))
    }
    const finish = () => (clearTimeout(timer), stopForwarding())
    child.once('error', (error) => (finish(), reject(error)))
    child.once('close', (code, signal) => {
      finish()
      resolve({ ...result, exitCode: code ?? 128 + constants.signals[signal ?? 'SIGTERM'] })
    })
  })
}

/**
 * The same for a tool written in JavaScript, run with this very Node.
 *
 * @param {string} script path of the file, from the root of the workspace
 * @param {string[]} args
 * @param {ExecOptions} [options]
 * @returns {Promise<ExecResult>}
 */
export function execNode(script, args, options) {
  return exec(process.execPath, [join(root, script), ...args], options)
}

function childEnvironment() {
  return {
    ...process.env,
    // A machine without a pnpm of its own: turbo and pnpm look theirs up here.
    PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  }
}

/**
 * While the child runs, signals sent to us are its to answer: it ends, and we report its exit code. Ctrl-C in a
 * terminal reaches both of us, so there it is only kept from ending us first.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void}
 */
function forwardSignals(child) {
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  for (const signal of signals) process.on(signal, forward)
  return () => {
    for (const signal of signals) process.off(signal, forward)
  }
}
