import type { PolicyList } from '@astranet/core'
import type { Settings } from '../arguments/settings.js'
import { readPolicyFile } from '../files/policy-file.js'
import { readSecretFile } from '../files/secret-file.js'
import { readTlsFiles, type TlsMaterial } from '../files/tls-files.js'

/** What the files that the options name have in them. */
export interface Inputs {
  readonly secret: string | undefined
  readonly policy: PolicyList | undefined
  readonly tls: TlsMaterial
  /** Sentences about files, for the log. */
  readonly warnings: readonly string[]
}

/** Reads the files. Throws a usage `Failure` that names the option and the file. */
export async function readInputs(settings: Settings): Promise<Inputs> {
  const { secretFile, policyFile, tls } = settings
  const secret = secretFile === undefined ? undefined : await readSecretFile(secretFile)
  return {
    secret: secret?.secret,
    policy: policyFile === undefined ? undefined : await readPolicyFile(policyFile),
    tls: await readTlsFiles(tls),
    warnings: secret?.warning === undefined ? [] : [secret.warning],
  }
}
