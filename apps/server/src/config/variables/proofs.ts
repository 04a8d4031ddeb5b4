/**
 * Proof types beside POSH, and what they say together.
 */
import { Result } from "effect"
import { boolean, list, oneOf } from "../parsers.ts"
import { variable } from "../Variable.ts"

/** Built into Node.js, those of the operating system, or of a file in PEM. */
export type PkixRoots = "mozilla" | "system" | { readonly file: string }

export const proofs = {
  prooftypes: variable("POSH_PROOFTYPES", {
    fallback: "posh",
    values: "`posh`, `pkix`, comma-separated",
    meaning: "Which proofs are tried if the question does not say; one that verifies suffices.",
    consequence:
      "With `pkix`, whoever holds the key of a trusted root can vouch for any domain, whatever that publishes.",
    parse: (value) =>
      Result.flatMap(
        list(oneOf(["posh", "pkix"]))(value),
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
  authoritative: variable("POSH_AUTHORITATIVE", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Whether a POSH `mismatch` or `unusable-material` outweighs another proof that verifies.",
    consequence:
      "`true` protects domains that publish POSH from authorities that issue in error, and asks them each time.",
    parse: boolean
  })
} as const
