/** What all questions have in common, and where the documents are that answer them. */

/** Milliseconds within which an answer is due. */
export const deadlineMs = 5_000

/** The body of `POST /v1/verify`, with more in the question than all have. */
export const toBody = (domain: string, certificate: { readonly pem: string }, more: object = {}): string =>
  JSON.stringify({ domain, service: "xmpp-server", certificate: certificate.pem, deadlineMs, ...more })

export const rfcPath = "/.well-known/posh/xmpp-server.json"
export const draftPath = "/.well-known/posh._xmpp-server._tcp.json"
