/**
 * Which certificates of a text are published: those that a server presents as its own (POSH-PUB-20).
 */
import { Result } from "effect"
import { type Lint, lint } from "../Lint.ts"
import { decodeAll } from "../presented/leafOctets.ts"
import { QuestionError } from "../question/QuestionError.ts"
import { type Certificate, parseCertificate } from "../x509/Certificate.ts"

export interface Leaves {
  /** In the order of the text. */
  readonly certificates: ReadonlyArray<Certificate>
  /** Whether other certificates of the text are left out. */
  readonly findings: ReadonlyArray<Lint>
}

/**
 * Reads the certificates of a text (PEM, or base64 of DER) that are no CA certificates, or the only one that it has.
 *
 * **Details**
 *
 * A file with a chain has CA certificates beside the server's own, in any order; a file with an RSA and an ECDSA
 * certificate has two of the server's. Self-signed certificates are often CA certificates, so one alone is published.
 * Fails where several are all CA certificates: which of them the server presents, only the caller knows.
 *
 * @param field the member that has the text, for errors and findings
 */
export const readLeaves = (text: string, field: string): Result.Result<Leaves, QuestionError> =>
  Result.gen(function*() {
    const octets = yield* decodeAll([text], () => field)
    const all = yield* Result.all(octets.map((der) => Result.mapError(parseCertificate(der), malformed(field))))
    if (all.length === 1) return { certificates: all, findings: [] }
    const certificates = all.filter(({ isCa }) => !isCa)
    if (certificates.length === 0) return yield* Result.fail(onlyCas(field))
    // The texts of names may be cut, so they decide no more than a finding.
    const strangers = all.filter((one) =>
      one.isCa && !all.some((other) => other !== one && other.issuer === one.subject)
    )
    return {
      certificates,
      findings: strangers.length === 0 ? [] : [lint("CaLeftOut", "warning", field, strangers[0]?.subject)]
    }
  })

const malformed = (field: string) => ({ detail }: { readonly detail: string }) =>
  new QuestionError({ code: "MalformedPresentedCertificate", field, detail })

const onlyCas = (field: string) =>
  new QuestionError({
    code: "InvalidRequest",
    field,
    detail: "all certificates of the text are those of CAs; give the server's own, each as a text of its own"
  })
