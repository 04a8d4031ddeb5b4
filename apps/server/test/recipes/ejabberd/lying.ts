/** Services that would say yes to the question of `hosted.example`, but for one thing. */
import { Behave, type Behaviour, type TlsBehaviour } from "@posh/testing"

/** A yes to the question about `hosted.example` and the certificate of the peer, but for `changes`. */
export type Answer = (changes?: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

type Lie = (answer: Answer) => Behaviour

export interface Lying {
  /** The host of ejabberd, without `.test`. */
  readonly name: string
  readonly behaviour?: Lie
  readonly tls?: TlsBehaviour
  readonly options?: Readonly<Record<string, unknown>>
  /** In the log of ejabberd; `undefined`: it is believed. */
  readonly reason: string | undefined
}

const json = (changes: Readonly<Record<string, unknown>>, status = 200): Lie => (answer) =>
  Behave.json(answer(changes), { status })
const text = (change: (text: string) => string): Lie => (answer) => Behave.text(change(JSON.stringify(answer())))
const plain = { headers: { "content-type": "text/plain" } }

const brief = { timeout: "1 second" }

export const lying: ReadonlyArray<Lying> = [
  { name: "honest", reason: undefined },
  { name: "counted", reason: undefined },
  { name: "slow", behaviour: (answer) => Behave.json(answer(), { delayMs: 300 }), reason: undefined },
  { name: "down", tls: { _tag: "RefusedPort" }, reason: "econnrefused" },
  { name: "hanging", options: brief, behaviour: () => Behave.hang, reason: "timeout" },
  { name: "hanging-in-tls", options: brief, tls: { _tag: "HangInHandshake" }, reason: "timeout" },
  {
    name: "dripping",
    options: brief,
    behaviour: (answer) => Behave.slowBody({ document: answer(), chunk: 1, everyMs: 50, total: 1_000 }),
    reason: "timeout"
  },
  { name: "self-signed", tls: { _tag: "SelfSigned" }, reason: "unreachable" },
  { name: "foreign-root", tls: { _tag: "UntrustedRoot" }, reason: "unreachable" },
  { name: "wrong-name", tls: { _tag: "WrongName" }, reason: "unreachable" },
  { name: "without-tls", tls: { _tag: "PlainHttp" }, reason: "unreachable" },
  { name: "garbage", behaviour: () => Behave.garbage, reason: "no_http_response" },
  { name: "nothing", behaviour: () => Behave.closeAfterRequest, reason: "no_http_response" },
  { name: "huge", behaviour: () => Behave.endlessBody, reason: "response_too_large" },
  { name: "huge-head", behaviour: () => Behave.endlessHeaders, reason: "response_too_large" },
  { name: "redirect", behaviour: () => Behave.redirect("https://elsewhere.posh.test/v1/verify", 307), reason: "307" },
  { name: "created", behaviour: json({}, 201), reason: "201" },
  { name: "failing", behaviour: json({}, 500), reason: "500" },
  { name: "plain-text", behaviour: (answer) => Behave.json(answer(), plain), reason: "status" },
  { name: "two-lengths", behaviour: (answer) => twoLengths(JSON.stringify(answer())), reason: "status" },
  { name: "other-domain", behaviour: json({ domain: "named.example" }), reason: "no_answer_to_this" },
  { name: "other-service", behaviour: json({ service: "xmpp-client" }), reason: "no_answer_to_this" },
  {
    name: "other-digest",
    behaviour: json({ certificate: { sha256: `${"A".repeat(43)}=` } }),
    reason: "another_certificate"
  },
  { name: "no-digest", behaviour: json({ certificate: {} }), reason: "another_certificate" },
  { name: "no-certificate", behaviour: json({ certificate: undefined }), reason: "no_answer_to_this" },
  { name: "no", behaviour: json({ valid: false, code: "CertificateMismatch" }), reason: "CertificateMismatch" },
  { name: "two-lines", behaviour: json({ valid: false, code: "No\nYes" }), reason: "nomatch" },
  { name: "text-for-true", behaviour: json({ valid: "true" }), reason: "no_answer_to_this" },
  { name: "other-verdict", behaviour: json({ verdict: "indeterminate" }), reason: "no_answer_to_this" },
  { name: "twice", behaviour: text((answer) => answer.replace("{", "{\"valid\":false,")), reason: "member_twice" },
  { name: "two-answers", behaviour: text((answer) => answer + answer), reason: "invalid_trailing_data" },
  { name: "half", behaviour: text((answer) => answer.slice(0, -1)), reason: "truncated_json" },
  {
    name: "truncated",
    behaviour: (answer) => Behave.truncated({ declared: 4_000, sent: JSON.stringify(answer()) }),
    reason: "truncated"
  },
  { name: "list", behaviour: () => Behave.json([]), reason: "no_object" },
  { name: "deep", behaviour: (answer) => Behave.deepJson(20_000, answer()), reason: undefined },
  { name: "no-ca", options: { ca_file: "/etc/hostname" }, reason: "unreachable" }
]

/** For two questions at the same time. */
export const crowded: Lying = {
  name: "crowded",
  behaviour: () => Behave.hang,
  options: { ...brief, max_questions: 1 },
  reason: "timeout"
}

const twoLengths = (body: string): Behaviour =>
  Behave.headersRaw([
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    `Content-Length: ${body.length}`
  ], { body })
