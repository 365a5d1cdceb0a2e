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

/** Removes those variables of flags that say no: commander takes any value for a yes. */
export function dropFlagsThatSayNo(environment: NodeJS.ProcessEnv): void {
  for (const name of FLAG_VARIABLES)
    if (/^(0|false|no|off)$/i.test(environment[name] ?? '')) Reflect.deleteProperty(environment, name)
}

/** Removes the variables of `names` that are empty: they count as not set. */
export function dropEmpty(environment: NodeJS.ProcessEnv, names: Iterable<string>): void {
  for (const name of names) if (environment[name] === '') Reflect.deleteProperty(environment, name)
}
