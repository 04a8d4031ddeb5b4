/**
 * `--keep`: the origins and the service keep running, for own questions.
 */
import { domains } from "./world.ts"

/** Example commands for another terminal. `folder` holds the certificates as PEM files. */
export const printCommands = (url: string, folder: string): string => `
The service and its small Internet stay until you press Ctrl-C. In another terminal:

  export POSH=${url}
  export CERTS=${folder}

  # one word: does ${domains.hosted} vouch for the certificate in chat.pem? Try renewed.pem, stranger.pem, bank.pem.
  curl -s -G "$POSH/v1/verify" -H 'accept: text/plain' -d domain=${domains.hosted} -d service=xmpp-server \\
    -d "sha-256=$(openssl x509 -in "$CERTS/chat.pem" -noout -fingerprint -sha256 | cut -d= -f2 | tr -d :)"

  # the same with all evidence
  curl -s "$POSH/v1/verify?domain=${domains.hosted}&service=xmpp-server&explain=true" \\
    -H 'content-type: application/x-pem-file' --data-binary @"$CERTS/chat.pem"

  # what does a domain assert now? Try ${domains.draft}, ${domains.own}, ${domains.silent}, ${domains.troubled}.
  curl -s "$POSH/v1/associations/${domains.hosted}/xmpp-server"

  # the same by all three proofs. Try ${domains.listed} with market.pem, ${domains.guarded} with misissued.pem.
  curl -s "$POSH/v1/verify?domain=${domains.signed}&service=xmpp-server&prooftypes=pkix,dane,posh" \\
    -H 'content-type: application/x-pem-file' --data-binary @"$CERTS/lighthouse.pem"

  # what does it say in DNS?
  curl -s "$POSH/v1/associations/${domains.signed}/xmpp-server"

  # every route and member
  curl -s "$POSH/openapi.json"
`
