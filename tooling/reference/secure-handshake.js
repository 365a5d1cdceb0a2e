import { createCipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, sign, } from 'node:crypto';
/**
 * The handshake of spec/secure.md once more, written down step by step for both sides at once and on nothing but Node's
 * primitives, so that it shares no mistake with the package. `values` are all intermediate values, in their order.
 */
export class Reference {
    values = [];
    messages = [];
    #input;
    #h;
    #ck;
    #k;
    #n = 0;
    #keys = [new Uint8Array(0), new Uint8Array(0)];
    constructor(input) {
        this.#input = input;
        const name = utf8(`Noise_XX${input.psk === undefined ? '' : 'psk0'}_25519_AESGCM_SHA256`);
        this.#h = Buffer.concat([name, new Uint8Array(32 - name.length)]);
        this.#ck = this.#h;
        this.#note('h = ck, from the protocol name', this.#h);
        this.#mixHash('prologue', Buffer.concat([utf8('astranet secure 1'), input.prologue]));
        this.#first();
        this.#second();
        this.#third();
        this.#keys = this.#hkdf(new Uint8Array(0), 2);
        this.#note("key of the initiator's records", this.#keys[0]);
        this.#note("key of the responder's records", this.#keys[1]);
        this.#note('handshake hash', this.#h);
    }
    /** The records that `side` sends: of each plaintext one, counted from `first`; an empty one is the end. */
    records(side, plaintexts) {
        const key = this.#keys[side === 'initiator' ? 0 : 1];
        return plaintexts.map((plaintext, index) => {
            const header = Buffer.alloc(4);
            header.writeUInt32BE(plaintext.length);
            if (plaintext.length === 0)
                header[0] = 1;
            return Buffer.concat([header, seal(key, index, header, plaintext)]);
        });
    }
    #first() {
        const { psk } = this.#input;
        if (psk !== undefined)
            this.#mixPsk(psk);
        const ephemeral = this.#e('initiator');
        this.#message(1, [ephemeral, this.#encrypt('empty payload', new Uint8Array(0))]);
    }
    #second() {
        const ephemeral = this.#e('responder');
        this.#dh('ee', 'initiator e', 'responder e');
        const statics = this.#encrypt("responder's static key", this.#public('responder s'));
        this.#dh('es', 'initiator e', 'responder s');
        this.#message(2, [ephemeral, statics, this.#proof('responder')]);
    }
    #third() {
        const statics = this.#encrypt("initiator's static key", this.#public('initiator s'));
        this.#dh('se', 'initiator s', 'responder e');
        this.#message(3, [statics, this.#proof('initiator')]);
    }
    #proof(side) {
        const { identity, payload } = this.#input[side];
        const key = privateKey('Ed25519', identity);
        const label = utf8(`astranet secure 1 identity, ${side}\n`);
        const signed = Buffer.concat([label, this.#h, this.#public(`${side} s`)]);
        const signature = sign(null, signed, key);
        this.#note(`${side}'s identity key`, publicKey(key));
        this.#note(`bytes that the ${side} signs`, signed);
        this.#note(`${side}'s signature`, signature);
        return this.#encrypt(`${side}'s identity, signature and payload`, Buffer.concat([publicKey(key), signature, payload]));
    }
    #message(number, parts) {
        const message = Buffer.concat(parts);
        this.messages.push(message);
        this.#note(`message ${number}`, message);
    }
    #e(side) {
        const key = this.#public(`${side} e`);
        this.#note(`${side}'s ephemeral key`, key);
        this.#mixHash(`${side}'s ephemeral key`, key);
        if (this.#input.psk !== undefined)
            this.#mixKey(`${side}'s ephemeral key`, key);
        return key;
    }
    #dh(token, mine, theirs) {
        const shared = diffieHellman({
            privateKey: this.#private(mine),
            publicKey: createPublicKey(this.#private(theirs)),
        });
        this.#note(`${token}, the shared secret`, shared);
        this.#mixKey(token, shared);
    }
    #mixPsk(psk) {
        const [ck, h, k] = this.#hkdf(psk, 3);
        this.#ck = ck;
        this.#note('ck after psk', this.#ck);
        this.#mixHash('psk', h);
        this.#setKey('psk', k);
    }
    #mixKey(what, material) {
        const [ck, k] = this.#hkdf(material, 2);
        this.#ck = ck;
        this.#note(`ck after ${what}`, this.#ck);
        this.#setKey(what, k);
    }
    #setKey(what, k) {
        this.#k = k;
        this.#n = 0;
        this.#note(`k after ${what}`, k);
    }
    #mixHash(what, bytes) {
        this.#h = createHash('sha256').update(this.#h).update(bytes).digest();
        this.#note(`h after ${what}`, this.#h);
    }
    #encrypt(what, plaintext) {
        const sent = this.#k === undefined ? plaintext : seal(this.#k, this.#n++, this.#h, plaintext);
        this.#mixHash(what, sent);
        return sent;
    }
    #hkdf(material, count) {
        const secret = hmac(this.#ck, material);
        const outputs = [];
        for (let index = 1; index <= count; index++)
            outputs.push(hmac(secret, Buffer.concat([outputs.at(-1) ?? new Uint8Array(0), Uint8Array.of(index)])));
        return outputs;
    }
    #private(key) {
        const [side, which] = key.split(' ');
        return privateKey('X25519', which === 'e' ? this.#input[side].ephemeral : this.#input[side].static);
    }
    #public(key) {
        return publicKey(this.#private(key));
    }
    #note(name, bytes) {
        this.values.push([name, hex(bytes)]);
    }
}
function hex(bytes) {
    return Buffer.from(bytes).toString('hex');
}
function utf8(text) {
    return new TextEncoder().encode(text);
}
function hmac(key, bytes) {
    return createHmac('sha256', key).update(bytes).digest();
}
function seal(key, count, associatedData, plaintext) {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(BigInt(count), 4);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}
/** A private key of 32 bytes: RFC 8410's PKCS#8 around it. */
export function privateKey(curve, bytes) {
    const oid = curve === 'X25519' ? '6e' : '70';
    const der = Buffer.from(`302e020100300506032b65${oid}04220420${hex(bytes)}`, 'hex');
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
function publicKey(key) {
    return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
}
//# sourceMappingURL=secure-handshake.js.map