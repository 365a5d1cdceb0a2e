/** @internal The status of a GET by `fetch`. A redirect is not followed; then the browser hides its status. */
export async function httpStatus(url: URL, signal: AbortSignal): Promise<number> {
  const response = await fetch(url, { redirect: 'manual', cache: 'no-store', credentials: 'omit', signal })
  void response.body?.cancel()
  if (response.type === 'opaqueredirect') throw new Error('the server answered with a redirect')
  return response.status
}
