/**
 * Proof types beside POSH, and what they say together.
 */
import { Result } from "effect"
import { boolean, list, oneOf, optional, text } from "../parsers.ts"
import { variable } from "../Variable.ts"

/** Built into Node.js, those of the operating system, or of a file in PEM. */
export type PkixRoots = "mozilla" | "system" | { readonly file: string }

const toUsage = (text: "0" | "1" | "2" | "3") => Number(text) as 0 | 1 | 2 | 3

export const proofs = {
  prooftypes: variable("POSH_PROOFTYPES", {
    fallback: "posh",
    values: "`posh`, `pkix`, `dane`, comma-separated",
    meaning: "Which proofs are tried if the question does not say; one that verifies suffices.",
    consequence:
      "With `pkix`, whoever holds the key of a trusted root can vouch for any domain, whatever that publishes. `dane` needs `POSH_DNSSEC_RESOLVER`.",
    parse: (value) =>
      Result.flatMap(
        list(oneOf(["posh", "pkix", "dane"]))(value),
        (prooftypes) =>
          prooftypes.length === 0 ? Result.fail("needs at least one") : Result.succeed([...new Set(prooftypes)])
      )
  }),
  pkixRoots: variable("POSH_PKIX_ROOTS", {
    fallback: "mozilla",
    values: "`mozilla`, `system`, or the path of a PEM file",
    meaning: "The roots of `pkix`: those built into Node.js, those of the operating system, or only those of the file.",
    consequence: "The holder of the key of one of them can vouch for any domain. `POSH_EXTRA_CA_FILE` adds none here.",
    parse: (value): Result.Result<PkixRoots, string> =>
      Result.succeed(value === "mozilla" || value === "system" ? value : { file: value })
  }),
  pkixFetchIntermediates: variable("POSH_PKIX_FETCH_INTERMEDIATES", {
    fallback: "false",
    values: "`true`, `false`",
    meaning:
      "Whether `pkix` fetches certificates that a server does not send, from where those that it sends say that they are (AIA).",
    consequence:
      "`true`: whoever makes a certificate chooses URLs that the service asks over plain HTTP, on port 80 of public addresses, " +
      "within limits. What comes from there is never trusted, only tried.",
    parse: boolean
  }),
  dnssecResolver: variable("POSH_DNSSEC_RESOLVER", {
    fallback: "",
    values: "`dns://address[:port]`, `tls://name[@address][:port]` or `https://name/path`",
    meaning: "The resolver that validates DNSSEC for `dane`. Without it, questions for `dane` are refused.",
    consequence:
      "It decides which certificates `dane` accepts: it must validate, and nobody else may write to the way to it.",
    parse: optional(text)
  }),
  dnssecResolverTrusted: variable("POSH_DNSSEC_RESOLVER_TRUSTED", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Whether a `dns://` resolver may be on another machine.",
    consequence: "`true`: whoever can write to the network on the way can vouch for any domain.",
    parse: boolean
  }),
  daneUsages: variable("POSH_DANE_USAGES", {
    fallback: "1,2,3",
    values: "numbers from `0` to `3`, comma-separated",
    meaning: "The usages of TLSA records that count (RFC 6698 §2.1.1); others are as if they were not there.",
    consequence: "Fewer: domains that publish only others are not protected. `0` lets a public authority be named.",
    parse: (value) =>
      Result.flatMap(
        list(oneOf(["0", "1", "2", "3"]))(value),
        (usages) =>
          usages.length === 0 ? Result.fail("needs at least one") : Result.succeed(new Set(usages.map(toUsage)))
      )
  }),
  authoritative: variable("POSH_AUTHORITATIVE", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Whether a POSH `mismatch` or `unusable-material` outweighs another proof that verifies.",
    consequence:
      "`true` protects domains that publish POSH from authorities that issue in error, and asks them each time.",
    parse: boolean
  })
} as const
