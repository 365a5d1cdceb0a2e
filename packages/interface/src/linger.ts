/** The part of `node:fs` that is used here. */
interface FileSystem {
  readSync(fd: number, buffer: Uint8Array): number
}

const { process: nodeProcess } = globalThis as unknown as {
  process?: { getBuiltinModule?(name: string): unknown }
}

/**
 * Reads from a socket's descriptor with blocking system calls, until its peer has ended or the connection is gone, at most
 * for `ms`. What is read is dropped, so the socket is of no use for reading afterwards. Does nothing without a descriptor.
 */
export function lingerOn(fd: number | undefined, ms: number): void {
  const fileSystem = nodeProcess?.getBuiltinModule?.('node:fs') as FileSystem | undefined
  if (fileSystem === undefined || fd === undefined || fd < 0) return
  const buffer = new Uint8Array(65_536)
  const nothing = new Int32Array(new SharedArrayBuffer(4))
  for (const deadline = performance.now() + ms; performance.now() < deadline;) {
    const count = readNow(fileSystem, fd, buffer)
    if (count === 0) return
    if (count === undefined) Atomics.wait(nothing, 0, 0, 1)
  }
}

/** How many bytes were read: 0 at the end and when the connection broke; `undefined` when none have arrived yet. */
function readNow(fileSystem: FileSystem, fd: number, buffer: Uint8Array): number | undefined {
  try {
    return fileSystem.readSync(fd, buffer)
  } catch (error) {
    return (error as { code?: string }).code === 'EAGAIN' ? undefined : 0
  }
}
