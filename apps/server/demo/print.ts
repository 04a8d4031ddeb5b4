/**
 * The output of the demo: pure functions from values to lines. Colours only on a terminal, and not with `NO_COLOR`.
 */
import type { Answer, Attempt } from "@posh/api"
import { styleText } from "node:util"
import { type Outcome, proofsOf, questionOf } from "./ask.ts"
import type { Scene } from "./scenes.ts"
import type { Publication } from "./world.ts"

const introduction =
  "A chat server calls a domain and meets a certificate that names somebody else, because the domain " +
  "is hosted there. Is that the right server, or an impostor? With POSH (PKIX over Secure HTTP) the domain answers " +
  "that itself, at an HTTPS URL: \"these are the certificates of my chat server\". This service fetches the answer, " +
  "compares, explains, and remembers. If asked to, it weighs two other proofs as well: certificate authorities (PKIX) " +
  "and TLSA records in signed DNS (DANE). Here is a small Internet on this machine, and eleven questions to the service."

export const printIntroduction = (publications: ReadonlyArray<Publication>, url: string): string =>
  [
    strong("POSH in eleven questions"),
    "",
    ...wrap(introduction, "  "),
    "",
    strong("What the domains publish for xmpp-server"),
    "",
    ...publications.flatMap(({ headline, pages, records = [] }) => [
      `  ${headline}`,
      ...records.map((line) => faint(`    ${line}`)),
      ...pages.flatMap((page) => [`    ${page.url}`, ...page.answer.map((line) => faint(`      ${line}`))])
    ]),
    "",
    `${strong("The service")} listens on ${url}, a process of its own`
  ].join("\n")

/** One question and its answer. */
export const printScene = (scene: Scene, { answer, elapsedMs, differences }: Outcome, number: number): string =>
  [
    "",
    strong(`${number}. ${scene.title}`),
    ...wrap(scene.setting, "   "),
    "",
    ...row("asked", [`POST /v1/verify ${requestOf(scene)}`]),
    ...row("answer", [
      `${verdictStyle(answer)} (${answer.code}), ${origin(answer)}, ${elapsedMs} ms`,
      ...wrap(answer.message, "")
    ]),
    ...row("proofs", proofsOf(answer)),
    ...row("fetched", printFetched(answer)),
    ...row("matched", printMatch(answer)),
    ...row("until", answer.validUntil === undefined ? [] : [`${answer.validUntil}, ${lifeOf(answer.ttl)} from now`]),
    "",
    ...wrap(scene.moral, "   "),
    ...differences.map((difference) => styleText("red", `   NOT AS EXPECTED: ${difference}`))
  ].join("\n")

/** The summary line. */
export const printSummary = (outcomes: ReadonlyArray<Outcome>): string => {
  const unexpected = outcomes.filter(({ differences }) => differences.length > 0).length
  return unexpected === 0
    ? `\n${strong(`${outcomes.length} questions, ${outcomes.length} answers as expected.`)}`
    : styleText("red", `\n${unexpected} of ${outcomes.length} answers were not as expected.`)
}

const requestOf = (scene: Scene): string => {
  const { domain, service, ...others } = questionOf(scene)
  return JSON.stringify({ domain, service, certificate: `<${scene.file}>`, ...others })
}

const printFetched = ({ cache, evidence }: Answer): ReadonlyArray<string> => [
  ...(cache === "memory" ? [`earlier, at ${evidence?.fetchedAt ?? "?"}; no request was made for this question`] : []),
  ...evidence?.attempts.flatMap(printAttempt) ?? []
]

const printAttempt = (attempt: Attempt): ReadonlyArray<string> => [
  `${attempt.generation}: ${attempt.code}`,
  ...attempt.hops.flatMap(({ address, document, status, url }, index) => [
    `  ${index + 1}. ${url}`,
    faint(`     ${
      [status ?? "no answer", document, address === undefined ? undefined : `from ${address}`]
        .filter((part) => part !== undefined).join(", ")
    }`)
  ])
]

const printMatch = ({ certificate, evidence }: Answer): ReadonlyArray<string> => {
  const { matched, names, presentedIdentifiers = [] } = evidence ?? {}
  if (matched === undefined) return []
  return [
    `entry ${matched.index} (of ${matched.candidates}, counted from 0), by ${matched.algorithm}`,
    faint(`sha-256 ${certificate.sha256 ?? ""}`),
    faint(
      `names in it: ${presentedIdentifiers.map(({ value }) => value).join(", ")}${
        names?.source === true ? "" : " (not the domain: advice only, by default)"
      }`
    )
  ]
}

const origin = ({ cache }: Answer): string => {
  if (cache === undefined) return "without a document"
  return cache === "memory" ? "from memory" : "fetched now"
}

const lifeOf = (seconds: number): string =>
  seconds >= 172_800
    ? `${Math.round(seconds / 86_400)} days`
    : seconds >= 7_200
    ? `${Math.round(seconds / 3_600)} hours`
    : `${Math.round(seconds / 60)} minutes`

const verdictStyle = ({ valid, verdict }: Answer): string => {
  if (valid) return styleText(["green", "bold"], verdict)
  return styleText([verdict === "mismatch" ? "red" : "yellow", "bold"], verdict)
}

const row = (name: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.map((line, index) => `   ${faint((index === 0 ? name : "").padEnd(8))} ${line}`)

const strong = (text: string): string => styleText("bold", text)
const faint = (text: string): string => styleText("dim", text)

const width = 100

/** Wraps a text at white space. */
const wrap = (text: string, indent: string): ReadonlyArray<string> =>
  text.match(new RegExp(`\\S.{0,${width - indent.length - 1}}(?=\\s|$)`, "g"))?.map((line) => `${indent}${line}`) ?? []
