/** The values of an option that may be given several times: a variable of the environment has them in one text. */
export function splitList(values: readonly string[], isFromEnvironment: boolean): readonly string[] {
  if (!isFromEnvironment) return values
  return values.flatMap((text) => text.split(/\s+/).filter((each) => each !== ''))
}
