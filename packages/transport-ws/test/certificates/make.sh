#!/bin/sh
# Makes the certificates of the tests anew: an authority, a server and a client that it signed, and a stranger's own.
# They are worth nothing anywhere else. Valid for 100 years, so that the tests do not stop working.
set -eu
cd "$(dirname "$0")"
days=36500
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key.pem"; }
sign() {
  openssl req -new -key "$1.key.pem" -subj "/CN=$1" |
    openssl x509 -req -CA "$2.cert.pem" -CAkey "$2.key.pem" -CAcreateserial -days $days -extfile "$3" -out "$1.cert.pem"
}
names=$(mktemp)
trap 'rm -f "$names" ./*.srl' EXIT
echo 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' >"$names"
for authority in authority stranger; do
  key "$authority"
  openssl req -x509 -new -key "$authority.key.pem" -subj "/CN=$authority" -days $days -out "$authority.cert.pem" \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
done
for end in server client; do
  key "$end"
  sign "$end" authority "$names"
done
rm authority.key.pem
