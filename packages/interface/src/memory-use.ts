import { checkOneOf } from './check.js'

/**
 * What a process does with memory that reading from sockets frees, on Linux with glibc. `fast` makes `malloc` keep up
 * to 48 MiB of it for each thread that allocates, which makes receiving large amounts up to 50 % faster. `lean`
 * leaves `malloc` alone, and freed memory goes back to the system. The process has one `malloc`, so one user of
 * `fast` decides for all of it.
 */
export type MemoryUse = 'fast' | 'lean'

/** `value`, by default `fast`. Otherwise throws `ERR_INVALID_ARG_VALUE`. */
export function checkMemoryUse(value: MemoryUse | undefined): MemoryUse {
  return value === undefined ? 'fast' : checkOneOf('options.memory', value, ['fast', 'lean'])
}
