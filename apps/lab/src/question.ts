/** The common members of all questions, and the paths of the documents. */

/** The deadline of a question in milliseconds. */
export const deadlineMs = 5_000

/** The body of `POST /v1/verify`. `more` are further members of the question. */
export const toBody = (domain: string, certificate: { readonly pem: string }, more: object = {}): string =>
  JSON.stringify({ domain, service: "xmpp-server", certificate: certificate.pem, deadlineMs, ...more })

export const rfcPath = "/.well-known/posh/xmpp-server.json"
export const draftPath = "/.well-known/posh._xmpp-server._tcp.json"
