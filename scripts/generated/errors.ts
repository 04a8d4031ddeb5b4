/**
 * The reference of all codes: verdicts, problems, findings, and codes that this build does not use.
 */
import { problems } from "../../packages/api/src/Problem.ts"
import { failures, type NegativeTtl, unreachable, type VerdictKind } from "../../packages/core/src/codes.ts"
import { lintSummaries } from "../../packages/core/src/Lint.ts"
import { table } from "./markdown.ts"

export const errorsReference = (): string =>
  `# Codes

<!-- Made by \`npm run generate\` from packages/core/src/codes.ts, packages/core/src/Lint.ts and
packages/api/src/Problem.ts. Do not edit. -->

An answer has a verdict and a code. A question without an answer has a problem. Findings accompany an answer and do not affect
the verdict. The sets of verdicts, failure codes and problems are closed: a new one means a new version of the API
(POSH-ERR-01).

## Verdicts

${table(["Verdict", "Is it valid?", "Meaning", "What a caller should do"], verdictRows)}

Only \`verified\` means yes. Treat an unknown verdict as no.

## Codes of answers

\`Verified\` is the code of the verdict \`verified\`. The codes of all others follow, by verdict.

- **Stage**: the stage of the question at which the code arose.
- **Retry**: whether a retry can succeed without a change on the domain's side. It is \`retryable\` of the answer.
- **TTL**: TTL of the negative entry: how long a failed resolution is cached (POSH-CAC-31). "back-off" is 30 s, doubling to
  900 s, with up to 20 % jitter either way. "Retry-After" is what the host requested, from 30 s to 3600 s. "never": it is not
  cached, and the next question is decided anew.

${verdictKinds.map(verdictSection).join("\n\n")}

## Problems

A problem means that there is no verdict. The body is \`application/problem+json\` (RFC 9457) with \`type\`
\`urn:posh:problem:<Code>\`, \`title\`, \`status\`, \`detail\`, \`code\`, \`field\` if one member is at fault, and \`instance\`, which ends in the
\`X-Request-Id\` of the answer. \`InvalidRequest\` has the status 408, 417 or 431 if the request is not valid HTTP in the way that these
say: it did not arrive in time, expects what is not supported, or has too large a header. In a batch, an invalid
question has its problem as its own result.

${
    table(
      ["Code", "HTTP status", "Title"],
      Object.entries(problems).map(([code, { status, title }]) => [
        ticked(code),
        String(status),
        title
      ])
    )
  }

## Findings

\`lints\` of an answer's evidence, and \`findings\` of \`POST /v1/documents/lint\`. They never affect a verdict. Codes may be
added at any time: ignore those that you do not know. \`/v1/documents/lint\` also reports the codes above if a document
is entirely unusable.

${table(["Code", "Meaning"], Object.entries(lintSummaries).map(([code, summary]) => [ticked(code), summary]))}

## Not reachable in this build

[The requirements](../spec/requirements.md#8-failure-modes) define more codes. These cannot occur yet, and no schema promises them.

${table(["Code", "Why not"], Object.entries(unreachable).map(([code, reason]) => [ticked(code), reason]))}
`

const verdictRows: ReadonlyArray<ReadonlyArray<string>> = [
  [
    "`verified`",
    "yes",
    "The domain vouches for this certificate.",
    "Proceed. The proven identity is the domain and service."
  ],
  [
    "`mismatch`",
    "no",
    "The domain vouches for other certificates.",
    "Reject, unless another method of yours proves the domain."
  ],
  ["`no-material`", "not proven", "The domain publishes nothing.", "Fall back to your other methods."],
  [
    "`unusable-material`",
    "not proven",
    "The domain answered with something withdrawn, broken or expired.",
    "Reject, unless another method proves the domain. Notify an operator."
  ],
  ["`certificate-invalid`", "no", "The certificate itself is unacceptable.", "Reject."],
  ["`indeterminate`", "unknown", "The service could not determine it.", "Do not accept on this answer. Retry later."]
]

type Row = (typeof failures)[keyof typeof failures]

const verdictKinds: ReadonlyArray<Exclude<VerdictKind, "verified">> = [
  "mismatch",
  "no-material",
  "unusable-material",
  "certificate-invalid",
  "indeterminate"
]

const ticked = (text: string): string => `\`${text}\``

function rowsOf(verdict: Row["verdict"]): ReadonlyArray<readonly [code: string, row: Row]> {
  return Object.entries(failures).filter((entry) => entry[1].verdict === verdict)
}

function verdictSection(verdict: Exclude<VerdictKind, "verified">): string {
  const rows = rowsOf(verdict).map(([code, { negativeTtl, retryable, stage, summary }]) => [
    ticked(code),
    summary,
    stage,
    retryable ? "yes" : "no",
    negativeTtlText(negativeTtl)
  ])
  return `### ${verdict}\n\n${table(["Code", "Meaning", "Stage", "Retry", "TTL"], rows)}`
}

const negativeTtlText = (negativeTtl: NegativeTtl): string => {
  if (typeof negativeTtl === "number") return `${negativeTtl} s`
  return { "backoff": "back-off", "retry-after": "Retry-After", "never": "never" }[negativeTtl]
}
