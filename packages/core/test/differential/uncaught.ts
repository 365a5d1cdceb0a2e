/** Runs `body`, with every uncaught exception given to `take` in place of whatever else would take it. */
export async function withUncaught(take: (error: Error) => void, body: () => Promise<void>): Promise<void> {
  process.setUncaughtExceptionCaptureCallback(take)
  try {
    await body()
  } finally {
    process.setUncaughtExceptionCaptureCallback(null)
  }
}
