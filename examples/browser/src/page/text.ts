import type { Socket } from '@astranet/core/browser'

/** The text that the other end sends until it ends its direction. */
export async function readText({ readable }: Socket): Promise<string> {
  return await new Response(readable as ReadableStream<Uint8Array<ArrayBuffer>>).text()
}

/** Sends `text` and ends this direction. */
export async function writeText({ writable }: Socket, text: string): Promise<void> {
  const writer = writable.getWriter()
  await writer.write(new TextEncoder().encode(text))
  await writer.close()
}
