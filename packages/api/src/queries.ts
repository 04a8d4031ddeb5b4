/**
 * Members of a question as query parameters: text, decoded into what the JSON member would be.
 */
import { Schema, SchemaGetter } from "effect"
import { chainChecks, generations, nameChecks } from "./Question.ts"
import { DeadlineMs, domain, MaxAge, service } from "./values.ts"

const flag = (description: string) =>
  Schema.Literals(["true", "false"]).annotate({ description }).pipe(Schema.decodeTo(Schema.Boolean, {
    decode: SchemaGetter.transform((text: "true" | "false") => text === "true"),
    encode: SchemaGetter.transform((value: boolean) => value ? "true" as const : "false" as const)
  }))

const wholeNumber = <S extends Schema.Codec<number, number>>(to: S, description: string) =>
  Schema.String.annotate({ description }).check(Schema.isPattern(/^\d{1,10}$/, { expected: "a whole number" })).pipe(
    Schema.decodeTo(to, { decode: SchemaGetter.transform(Number), encode: SchemaGetter.transform(String) })
  )

/** `GET /v1/verify`. */
export const verifyQuery = {
  domain,
  service,
  "sha-256": Schema.optionalKey(
    Schema.String.annotate({ description: "The SHA-256 of the leaf's DER octets, as strict base64 or as hex." })
  ),
  "sha-512": Schema.optionalKey(
    Schema.String.annotate({ description: "The SHA-512, as well or instead. One of the two is required." })
  ),
  generations: Schema.optionalKey(
    Schema.Literals(generations).annotate({ description: "Which generations are asked, in which order." })
  ),
  nameCheck: Schema.optionalKey(
    Schema.Literals(nameChecks).annotate({ description: "Refused: names cannot be checked by fingerprint." })
  ),
  chainCheck: Schema.optionalKey(
    Schema.Literals(chainChecks).annotate({ description: "Refused: a chain cannot be checked by fingerprint." })
  ),
  derivedDomain: Schema.optionalKey(
    Schema.String.annotate({ description: "The host that DNS led to, such as an SRV target." })
  ),
  derivedDomainSecure: Schema.optionalKey(flag("Whether DNSSEC secured the way to `derivedDomain`.")),
  maxAge: Schema.optionalKey(
    wholeNumber(MaxAge, "Seconds. Material older than this is resolved again.")
  ),
  refresh: Schema.optionalKey(flag("Resolve again even if remembered (scope `admin`).")),
  deadlineMs: Schema.optionalKey(
    wholeNumber(DeadlineMs, "Milliseconds, 50 to 30,000. Default 10,000.")
  ),
  explain: Schema.optionalKey(flag("Whether the answer carries its evidence."))
} as const

/** The parameters, decoded. */
export type VerifyQuery = Schema.Struct.Type<typeof verifyQuery>

/** `GET /v1/associations/{domain}/{service}`. */
export const assertionQuery = {
  refresh: verifyQuery.refresh,
  deadlineMs: verifyQuery.deadlineMs
} as const
