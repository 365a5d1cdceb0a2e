/** What `--help` prints. */
export const help = `Prints what an AstraNet ticket says, without its secrets.

  astranet-ticket [FILE] [--json]

FILE holds the ticket; none, or -, is the standard input. A ticket is never an argument.
The signature of a grant is checked. Whether a node believes its issuer, and how often the grant
was used, only the nodes that admit know.

  --json     prints one line of JSON: addresses, expected, holds ("grant", "secret" or "nothing"), grant
  --help     prints this

Exit codes: 0 it has worked, 1 it is no whole ticket or a forged one, 2 the arguments are wrong.
`
