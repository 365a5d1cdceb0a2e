/** What `--help` prints. */
export const help = `Makes, prints and converts the identities of AstraNet nodes: Ed25519 key pairs.

  astranet-identity make FILE [--json]
      Makes an identity in a new file, which only its owner can read, and prints it.
      A file that is there is never replaced.

  astranet-identity print [FILE] [--json]
      Prints the node id and the public key.

  astranet-identity convert [FILE] --to FORMAT [--output NEW]
      Writes the private key in another format to the standard output, or to a new file,
      which only its owner can read.

FILE holds a private key in any of the formats; none, or -, is the standard input.
Nodes read files in the format pem.

  pem        PKCS#8, as "openssl genpkey -algorithm ed25519" writes it
  jwk        a JSON Web Key (RFC 8037)
  hex        the 32 bytes of the key as 64 hexadecimal digits
  base64url  the same as 43 characters

  --json     prints {"nodeId": ..., "publicKey": ...}, the key in hex
  --help     prints this

Exit codes: 0 it has worked, 1 it has failed, 2 the arguments are wrong.
`
