/**
 * The values of an option that may be given several times. A variable of the environment has them in one text, with
 * commas or white space between them, as the variables of every node.
 */
export function splitList(values: readonly string[], isFromEnvironment: boolean): readonly string[] {
  if (!isFromEnvironment) return values
  return values.flatMap((text) => text.split(/[\s,]+/).filter((each) => each !== ''))
}
