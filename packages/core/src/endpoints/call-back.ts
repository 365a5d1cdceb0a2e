/**
 * Calls a callback that the program gave. What it throws is the program's uncaught exception, as with a listener of an event,
 * and nothing else of the node notices.
 */
export function callBack<TArguments extends unknown[]>(
  callback: ((...args: TArguments) => void) | undefined,
  ...args: TArguments
): void {
  try {
    callback?.(...args)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
