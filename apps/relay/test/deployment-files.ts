import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the app. */
export const APP: string = fileURLToPath(new URL('..', import.meta.url))

/** The value of a key of the systemd unit; of one that is given several times the last. */
export function unitValue(key: string): string {
  const unit = readFileSync(`${APP}systemd/astranet-relay.service`, 'utf8')
  const found = [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].at(-1)?.[1]
  if (found === undefined) throw new Error(`the unit has no ${key}`)
  return found
}

/** The arguments of an instruction of the Dockerfile in its JSON form. */
export function imageCommand(instruction: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'): string[] {
  const dockerfile = readFileSync(`${APP}Dockerfile`, 'utf8')
  const found = new RegExp(`^${instruction} .*?(\\[.*\\])$`, 'm').exec(dockerfile)?.[1]
  if (found === undefined) throw new Error(`the Dockerfile has no ${instruction}`)
  return JSON.parse(found) as string[]
}

/** A command line with texts replaced. Fails when one of them is not there: then it is another command. */
export function withInstead(args: readonly string[], instead: Readonly<Record<string, string>>): string[] {
  let rest = args.join('\0')
  for (const [text, other] of Object.entries(instead)) {
    if (!rest.includes(text)) throw new Error(`the command has no ${text}`)
    rest = rest.replaceAll(text, other)
  }
  return rest.split('\0')
}
