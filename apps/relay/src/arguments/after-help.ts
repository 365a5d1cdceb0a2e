/** What `--help` prints behind the options. */
export const AFTER_HELP = `
Addresses:
  tcp://HOST:PORT  tls://HOST:PORT  ws://HOST:PORT/PATH  wss://HOST:PORT/PATH  unix:///PATH
  tcp4:// and tcp6:// are one family of IP addresses. 0.0.0.0 or [::] is all interfaces, port 0 a free port.

Every option that takes a value can be given in its environment variable; --listen, --join, --advertise and
--ws-origin there take several values with commas or spaces between them. An option of the command line comes first. The
variable of a flag, such as ASTRANET_INSECURE, switches it on with 1, and off with 0. An empty variable counts as not set.

Examples:
  npx -p @astranet/core astranet-secret > network.secret; chmod 600 network.secret
  astranet-relay --listen tcp://0.0.0.0:10000 --secret-file network.secret --identity-file relay.pem
  astranet-relay --listen tcp://127.0.0.1:10000

Exit codes: 0 it has left in order, 1 it could not listen or has failed, 2 an option or a file is wrong,
130 or 143 ended by a second signal.
`
