/**
 * Members of a question as query parameters: text, decoded into what the JSON member would be.
 */
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"
import { chainChecks, generations, nameChecks, prooftypes } from "./Question.ts"
import { DeadlineMs, domain, MaxAge, service } from "./values.ts"

const flag = (description: string) =>
  Schema.Literals(["true", "false"]).annotate({ description, message: "expected true or false" }).pipe(
    Schema.decodeTo(Schema.Boolean, {
      decode: SchemaGetter.transform((text: "true" | "false") => text === "true"),
      encode: SchemaGetter.transform((value: boolean) => value ? "true" as const : "false" as const)
    })
  )

const wholeNumber = <S extends Schema.Codec<number, number>>(to: S, description: string) =>
  Schema.String.annotate({ description }).check(Schema.isPattern(/^\d{1,10}$/, { expected: "a whole number" })).pipe(
    Schema.decodeTo(to, { decode: SchemaGetter.transform(Number), encode: SchemaGetter.transform(String) })
  )

const prooftypeList = Schema.String.annotate({
  description: "Which proofs to try, comma-separated, such as `pkix,posh`. Default: the deployment's."
}).check(
  Schema.isPattern(/^(?:posh|pkix|dane)(?:,(?:posh|pkix|dane)){0,8}$/, {
    expected: "posh, pkix, dane, comma-separated"
  })
)
  .pipe(Schema.decodeTo(Schema.Array(Schema.Literals(prooftypes)), {
    decode: SchemaGetter.transform((text: string) => text.split(",") as Array<typeof prooftypes[number]>),
    encode: SchemaGetter.transform((asked: ReadonlyArray<string>) => asked.join(","))
  }))

/** `GET /v1/verify`. */
export const verifyQuery = {
  domain,
  service,
  prooftypes: Schema.optionalKey(prooftypeList),
  "sha-256": Schema.optionalKey(
    Schema.String.annotate({
      description: "The SHA-256 of the leaf's DER octets, as base64 or as hex, with or without colons."
    })
  ),
  "sha-512": Schema.optionalKey(
    Schema.String.annotate({ description: "The SHA-512, in addition or instead. One of the two is required." })
  ),
  generations: Schema.optionalKey(
    Schema.Literals(generations).annotate({ description: "Which generations are resolved, in which order." })
  ),
  nameCheck: Schema.optionalKey(
    Schema.Literals(nameChecks).annotate({ description: "Rejected: names cannot be checked by fingerprint." })
  ),
  chainCheck: Schema.optionalKey(
    Schema.Literals(chainChecks).annotate({ description: "Rejected: a chain cannot be checked by fingerprint." })
  ),
  derivedDomain: Schema.optionalKey(
    Schema.String.annotate({ description: "The host that DNS led to, such as an SRV target. Advisory." })
  ),
  derivedDomainSecure: Schema.optionalKey(flag("Whether DNSSEC secured the resolution to `derivedDomain`.")),
  maxAge: Schema.optionalKey(
    wholeNumber(MaxAge, "Seconds. Material older than this is resolved again, at most once in 10 s.")
  ),
  refresh: Schema.optionalKey(flag("Resolve again even if cached (scope `admin`).")),
  deadlineMs: Schema.optionalKey(
    wholeNumber(DeadlineMs, "Milliseconds, 50 to 30,000. Default 10,000.")
  ),
  explain: Schema.optionalKey(flag("Whether the answer carries its evidence."))
} as const

const { "sha-256": _sha256, "sha-512": _sha512, ...othersOfVerify } = verifyQuery

/** `POST /v1/verify` with a certificate as body. */
export const certificateQuery = {
  ...othersOfVerify,
  nameCheck: Schema.optionalKey(
    Schema.Literals(nameChecks).annotate({ description: "Whether names in the certificate count." })
  ),
  chainCheck: Schema.optionalKey(
    Schema.Literals(chainChecks).annotate({ description: "Whether the published chain is validated." })
  )
} as const

/** Media types of a certificate as body: PEM (RFC 8555 §9.1, and the usual name of a file), and DER (RFC 2585 §4). */
export const certificateMediaTypes = [
  "application/pem-certificate-chain",
  "application/x-pem-file",
  "application/pkix-cert"
] as const

/** The parameters, decoded. */
export type VerifyQuery = Schema.Struct.Type<typeof verifyQuery>

/** `GET /v1/associations/{domain}/{service}`. */
export const assertionQuery = {
  refresh: verifyQuery.refresh,
  deadlineMs: verifyQuery.deadlineMs
} as const

/** Entries on a page of the inventory. */
export const inventoryLimit = { minimum: 1, maximum: 1_000, default: 100 } as const

const InventoryLimit = Schema.Int.check(Schema.isBetween(inventoryLimit))

// `Date.parse` makes the second of March of a thirtieth of February, and the day after of an hour 24.
const rfc3339 =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

const parseInstant = (text: string): number | undefined => {
  const written = text.replace(" ", "+") // the plus of an offset; only HTML forms make it a space
  const [, date] = rfc3339.exec(written) ?? []
  const day = date === undefined ? undefined : new Date(`${date}T00:00:00Z`)
  if (day === undefined || Number.isNaN(day.getTime()) || !day.toISOString().startsWith(`${date}T`)) return undefined
  return Date.parse(written.toUpperCase())
}

/** RFC 3339 text, decoded into milliseconds since the epoch. */
const epochMilliseconds = (description: string) =>
  Schema.String.annotate({ description, format: "date-time" }).pipe(Schema.decodeTo(Schema.Number, {
    decode: SchemaGetter.transformEffect((text: string) => {
      const instant = parseInstant(text)
      return instant === undefined
        ? Effect.fail(new SchemaIssue.InvalidValue({ message: "expected an instant as RFC 3339 writes it" }))
        : Effect.succeed(instant)
    }),
    encode: SchemaGetter.transform((instant: number) => new Date(instant).toISOString())
  }))

/** `GET /v1/associations`. */
export const inventoryQuery = {
  expiresBefore: Schema.optionalKey(
    epochMilliseconds("Only associations that expire before this instant (RFC 3339, such as `2026-11-23T09:00:00Z`).")
  ),
  limit: Schema.optionalKey(
    wholeNumber(InventoryLimit, "Maximum number of associations in the answer, 1 to 1,000. Default 100.")
  ),
  cursor: Schema.optionalKey(
    Schema.String.annotate({
      description: "`cursor` of the previous answer: continue after it. The other parameters stay as they were."
    })
  ),
  source: Schema.optionalKey(
    Schema.Literals(["documents", "tlsa"]).annotate({
      description: "What is listed: the associations of documents, or what DNS says (DANE), which lasts for minutes. " +
        "Default `documents`."
    })
  )
} as const
