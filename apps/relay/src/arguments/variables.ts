import { usageFailure } from '../failure.js'

/** The variables of options that take no value. */
const FLAG_VARIABLES = ['ASTRANET_INSECURE', 'ASTRANET_ADMIN_PUBLIC'] as const

/**
 * Throws a usage `Failure` when the environment has the secret itself, which other nodes read there. To be called when
 * there is no secret file: ignoring the variable would leave the relay without a secret. It is not read, because child
 * processes inherit the environment, and the tools of containers and services show it.
 */
export function refuseSecretVariable(environment: NodeJS.ProcessEnv): void {
  if ((environment['ASTRANET_SECRET'] ?? '') === '') return
  throw usageFailure(
    'ASTRANET_SECRET is not read by the relay: put the secret into a file, and give its name with --secret-file or ' +
      'ASTRANET_SECRET_FILE',
  )
}

/**
 * Removes those variables of flags that say no: commander takes any value for a yes. Throws a usage `Failure` for a value
 * that says neither.
 */
export function dropFlagsThatSayNo(environment: NodeJS.ProcessEnv): void {
  for (const name of FLAG_VARIABLES) {
    const value = environment[name] ?? ''
    if (/^(0|false|no|off)$/i.test(value)) Reflect.deleteProperty(environment, name)
    else if (value !== '' && !/^(1|true|yes|on)$/i.test(value))
      throw usageFailure(`${name} must be 1 (yes) or 0 (no), not ${JSON.stringify(value)}`)
  }
}

/** Removes the variables of `names` that are empty: they count as not set. */
export function dropEmpty(environment: NodeJS.ProcessEnv, names: Iterable<string>): void {
  for (const name of names) if (environment[name] === '') Reflect.deleteProperty(environment, name)
}
