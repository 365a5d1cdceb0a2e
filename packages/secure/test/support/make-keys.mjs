import { generateIdentity } from '../../src/nodejs/node-identity.ts'
import { nodeCrypto } from '../../src/nodejs/node-crypto.ts'

for (let count = 0; count < 15_000; count++) await nodeCrypto.crypto.generateKeyPair()
for (let count = 0; count < 1_500; count++) await (await generateIdentity()).export()
console.log('made')
