/** The variables of options that take no value. */
const FLAG_VARIABLES = ['ASTRANET_INSECURE', 'ASTRANET_ADMIN_PUBLIC'] as const

/** Removes those variables of flags that say no: commander takes any value for a yes. */
export function dropFlagsThatSayNo(environment: NodeJS.ProcessEnv): void {
  for (const name of FLAG_VARIABLES)
    if (/^(0|false|no|off)$/i.test(environment[name] ?? '')) Reflect.deleteProperty(environment, name)
}

/** Removes the variables of `names` that are empty: they count as not set. */
export function dropEmpty(environment: NodeJS.ProcessEnv, names: Iterable<string>): void {
  for (const name of names) if (environment[name] === '') Reflect.deleteProperty(environment, name)
}
