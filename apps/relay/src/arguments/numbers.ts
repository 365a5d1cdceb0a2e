import { InvalidArgumentError } from 'commander'

/** Reads a whole number from `min` to `max`. What it returns throws commander's error, which names the option. */
export function integerFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const found = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (found >= min && found <= max) return found
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}
