#!/bin/bash
# Connects with TLS, and accepts a certificate of another name only because the POSH service says so.
#
# accept.bash HOST PORT DOMAIN SERVICE; VERIFIER_URL, VERIFIER_CA_FILE, VERIFIER_KEY_FILE, VERIFIER_TIMEOUT
set -euo pipefail
umask 077

[ $# -eq 4 ] || { echo "usage: accept.bash HOST PORT DOMAIN SERVICE" >&2; exit 2; }
host=$1 port=$2 domain=$3 service=$4
patience=${VERIFIER_TIMEOUT:-10} # whole seconds
most=65536                       # octets of an answer, or of a line
work=$(mktemp -d)
peer=
trap 'kill $peer 2> /dev/null || true; rm -rf "$work"' EXIT

printable() { tr -c ' -~' '?' | head -c 500; }

not_accepted() {
  echo "not accepted: $(printf '%s: %s' "$1" "$2" | printable)" >&2
  exit 1
}

# The connection: what is written to 3 goes to the peer, what it says comes from 4. GnuTLS keeps the certificates as presented
# in a file and accepts any, because that is decided below, before a word is said.
connect() {
  mkfifo "$work/in" "$work/out"
  gnutls-cli --insecure --no-ca-verification --priority 'NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2' \
    --sni-hostname="$domain" --save-cert="$work/chain.pem" --logfile=/dev/null --port="$port" -- "$host" \
    < "$work/in" > "$work/out" 2> /dev/null &
  peer=$!
  exec 3> "$work/in" 4< "$work/out"
  local ends=$((SECONDS + patience))
  until [[ $(tail -n 1 "$work/chain.pem" 2> /dev/null) == -----END* ]]; do
    if ((SECONDS >= ends)) || ! kill -0 "$peer" 2> /dev/null; then not_accepted PeerFailed "no TLS with the peer"; fi
    sleep 0.05
  done
}

# A path to a root of this machine, and the name.
suffices() {
  openssl verify -purpose sslserver -verify_hostname "$domain" -untrusted "$work/chain.pem" "$work/chain.pem" &> /dev/null
}

# Leaves status, media type and body in $status, $type and $work/answer. Curl follows no redirects, and -q ignores its own files.
post() {
  local scheme=https exit message
  case $VERIFIER_URL in
    *@*) not_accepted NoAnswer "VERIFIER_URL must have no user" ;;
    https://*) ;;
    http://127.0.0.1[:/]* | http://\[::1\][:/]* | http://localhost[:/]*) scheme=http ;;
    *) not_accepted NoAnswer "VERIFIER_URL must be https, or http on this machine" ;;
  esac
  local options=(-q --silent --noproxy '*' --proto "=$scheme" --max-time "$patience" --header "Content-Type: application/json")
  if [ -n "${VERIFIER_CA_FILE:-}" ]; then options+=(--cacert "$VERIFIER_CA_FILE" --capath /nowhere); fi
  if [ -n "${VERIFIER_KEY_FILE:-}" ]; then # by a file: everybody on this machine sees the arguments of a process
    { printf 'Authorization: Bearer ' && cat "$VERIFIER_KEY_FILE"; } > "$work/header"
    options+=(--header "@$work/header")
  fi
  jq -n --arg domain "$domain" --arg service "$service" --rawfile certificate "$work/chain.pem" '$ARGS.named' > "$work/question"
  curl "${options[@]}" --data-binary "@$work/question" \
    --write-out '%{stderr}%{exitcode} %{http_code} %{content_type}\n%{errormsg}\n' "${VERIFIER_URL%/}/v1/verify" \
    2> "$work/said" | head -c $((most + 1)) > "$work/answer" || true
  { read -r exit status type && read -r message; } < "$work/said" || true
  if (($(wc -c < "$work/answer") > most)); then not_accepted NoAnswer "the answer is too large"; fi
  if [ "${exit:-1}" != 0 ]; then not_accepted NoAnswer "${message:-no answer}"; fi
  type=${type%%;*}
  type=${type,,}
  type=${type// /}
}

# Is no member there twice? jq takes the last one, but its stream has each.
is_unique() {
  [ "$(jq -n --stream '[inputs | select(length == 2)] | length' "$work/answer")" = \
    "$(jq -s '[.[] | tostream | select(length == 2)] | length' "$work/answer")" ]
}

judge='
  if length != 1 or (.[0] | type) != "object" then "wrong"
  elif .[0].valid == false then "no \(.[0].code) \(.[0].message)"
  elif .[0] | .valid == true and .verdict == "verified" and .domain == $domain and .service == $service
    and (.certificate | type) == "object" and .certificate.sha256 == $sha256 then "yes \(.[0].message)"
  else "wrong" end'

# Prints the message of a yes about exactly this, and ends here for everything else.
ask() {
  local status= type= said sha256 problem
  post
  if [ "$status" != 200 ] || [ "$type" != application/json ]; then
    problem='NoAnswer '"HTTP $status $type"
    if [ "$type" = application/problem+json ]; then
      problem=$(jq -r '"\(.code) \(.detail)"' "$work/answer" 2> /dev/null) || problem="NoAnswer HTTP $status"
    fi
    not_accepted "${problem%% *}" "${problem#* }"
  fi
  sha256=$(openssl x509 -in "$work/chain.pem" -outform DER | openssl dgst -sha256 -binary | openssl base64 -A)
  said=wrong
  if is_unique 2> /dev/null; then
    said=$(jq -rs --arg domain "$domain" --arg service "$service" --arg sha256 "$sha256" "$judge" "$work/answer") || said=wrong
  fi
  case $said in
    "yes "*) printf '%s' "${said#yes }" | printable ;;
    "no "*) said=${said#no } && not_accepted "${said%% *}" "${said#* }" ;;
    *) not_accepted WrongAnswer "this is no yes about this domain, service and certificate" ;;
  esac
}

# The application: the peer is the one that was meant. It greets, and repeats a line. What it says comes only when it has shown
# that it has the key of its certificate.
talk() {
  local line
  IFS= read -r -t "$patience" -n "$most" line <&4 || not_accepted PeerFailed "no greeting"
  echo "accepted: $why"
  echo "$(printf '%s' "$line" | printable)"
  echo hello >&3
  IFS= read -r -t "$patience" -n "$most" line <&4
  echo "$(printf '%s' "$line" | printable)"
}

connect
why="the ordinary check suffices"
suffices || why=$(ask) || exit 1
talk
