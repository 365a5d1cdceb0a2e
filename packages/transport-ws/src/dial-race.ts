import { AstraError, onAbort, systemClock, type DialOptions } from '@astranet/interface'
import { checkDialTimeout } from '@astranet/interface/transport-tools'

/** How a dial settles, the first counts. */
export interface Dialing<T> {
  resolve(connection: T): void
  reject(error: unknown): void
}

/**
 * Runs `begin`, which settles the dial and returns how to give it up; it is given up when the signal is aborted or the time
 * is over. `name` is what is dialed.
 */
export async function dialRace<T>(
  name: string,
  options: DialOptions,
  begin: (dialing: Dialing<T>) => () => void,
): Promise<T> {
  const timeoutMs = checkDialTimeout(options.timeoutMs)
  const { signal } = options
  signal?.throwIfAborted()
  let finish = (): void => {}
  const dialed = new Promise<T>((resolve, reject) => {
    let isSettled = false
    const settle = (act: () => void): void => {
      if (isSettled) return
      isSettled = true
      finish()
      act()
    }
    const giveUp = begin({
      resolve: (connection) => settle(() => resolve(connection)),
      reject: (error) => settle(() => reject(error as Error)),
    })
    const fail = (error: unknown): void =>
      settle(() => {
        reject(error as Error)
        giveUp()
      })
    const message = `Dialing ${name} took longer than ${timeoutMs} ms.`
    const timer =
      timeoutMs > 0
        ? systemClock.setTimer(timeoutMs, () => fail(new AstraError('ETIMEDOUT', message)))
        : undefined
    const ignoreSignal = onAbort(signal, () => fail(signal?.reason))
    finish = () => {
      timer?.cancel()
      ignoreSignal()
    }
  })
  return dialed
}
