import { generateIdentity, generateIdentitySync, generateWithText } from '../../src/nodejs/node-identity.ts'
import { nodeCrypto } from '../../src/nodejs/node-crypto.ts'

for (let count = 0; count < 15_000; count++) await nodeCrypto.crypto.generateKeyPair()
for (let count = 0; count < 500; count++) await (await generateIdentity()).export()
for (let count = 0; count < 500; count++) await generateIdentitySync().export()
for (let count = 0; count < 500; count++) await generateWithText().identity.export()
console.log('made')
