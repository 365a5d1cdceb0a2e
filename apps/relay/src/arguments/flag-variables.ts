/** The variables of options that take no value. */
const FLAG_VARIABLES = ['ASTRANET_INSECURE', 'ASTRANET_ADMIN_PUBLIC'] as const

/** Removes those variables of flags that say no: commander takes any value for a yes. */
export function dropFlagsThatSayNo(environment: NodeJS.ProcessEnv): void {
  for (const name of FLAG_VARIABLES)
    if (/^(0|false|no|off|)$/i.test(environment[name] ?? '')) Reflect.deleteProperty(environment, name)
}
