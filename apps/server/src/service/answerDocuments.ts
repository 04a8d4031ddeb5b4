/**
 * Lints and generates documents, for publishers.
 */
import {
  GenerateRequest,
  type GenerateResponse,
  LintRequest,
  type LintResponse,
  type Problem,
  problem
} from "@posh/api"
import type { AssociationReport, Certificate, Verifier } from "@posh/core"
import { generateDocument, lintDocument, lintGenerations, lintReport, readLeaves } from "@posh/core/publish"
import { parseService, type ServiceRegistry } from "@posh/core/question"
import { parsePresented } from "@posh/core/serving"
import { Clock, Effect, Result, Schema } from "effect"
import type { Caller } from "./Caller.ts"
import type { Limits } from "./limits/Limits.ts"
import { eachPiece, onePiece } from "./limits/Turns.ts"
import { questionProblem, schemaProblem } from "./problems.ts"

/** Lints what `input` asks for, within the limits of the caller. */
export const answerLint = (
  verifier: Verifier["Service"],
  limits: Pick<Limits["Service"], "ask" | "inTurn">,
  caller: Caller,
  input: unknown
): Effect.Effect<LintResponse, Problem> =>
  Effect.flatMap(Effect.fromResult(decodeLint(input)), (asked) =>
    limits.ask({
      caller,
      answer: lint(verifier, limits, asked),
      isHeavy: asked.certificate !== undefined, // TLSA records of usage 2 take searches for paths
      isSettled: () => false // incomplete findings would mislead
    }))

/** Generates what `input` asks for, within the limits of the caller. */
export const answerGenerate = (
  { services }: Pick<Verifier["Service"], "services">,
  limits: Pick<Limits["Service"], "inTurn" | "withPlaces">,
  caller: Caller,
  input: unknown
): Effect.Effect<GenerateResponse, Problem> =>
  Effect.flatMap(
    Effect.fromResult(decodeGenerate(input)),
    (asked) => limits.withPlaces(caller, 1, generate(limits, services, asked))
  )

const strict = { onExcessProperty: "error" } as const
const decodeLintResult = Schema.decodeUnknownResult(LintRequest, strict)
const decodeGenerateResult = Schema.decodeUnknownResult(GenerateRequest, strict)

const decodeLint = (input: unknown): Result.Result<LintRequest, Problem> =>
  Result.mapError(decodeLintResult(input), ({ issue }) => schemaProblem(issue))

const decodeGenerate = (input: unknown): Result.Result<GenerateRequest, Problem> =>
  Result.mapError(decodeGenerateResult(input), ({ issue }) => schemaProblem(issue))

const lint = (
  verifier: Verifier["Service"],
  { inTurn }: Pick<Limits["Service"], "inTurn">,
  asked: LintRequest
): Effect.Effect<LintResponse, Problem> =>
  Effect.gen(function*() {
    const { document, domain, generation, service } = asked
    const now = yield* Clock.currentTimeMillis
    const given = asked.certificate === undefined
      ? {}
      : { certificate: yield* Effect.fromResult(readCertificate(asked.certificate, "certificate")) }
    if (document !== undefined) {
      if (domain !== undefined) return yield* refuse("domain", "Give either a document or a domain.")
      if (service !== undefined) return yield* refuse("service", "The service goes with a domain.")
      if (generation === undefined) return yield* refuse("generation", "A document needs its generation.")
      return { findings: yield* inTurn(onePiece(() => lintDocument({ document, generation, now, ...given }))) }
    }
    if (domain === undefined) return yield* refuse("document", "Give a document, or a domain.")
    if (service === undefined) return yield* refuse("service", "A domain needs the service.")
    if (generation !== undefined) return yield* refuse("generation", "The generation goes with a document.")
    const report = yield* Effect.mapError(
      verifier.report(domain, service, { tlsa: "observe" }),
      (error) => questionProblem(error)
    )
    const findings = yield* inTurn(onePiece(() => lintReport(report, now, given.certificate)))
    const others = yield* Effect.all([askDane(verifier, report, asked.certificate), compare(verifier, report, now)], {
      concurrency: 2
    })
    return { findings: [...findings, ...others.flat()] }
  })

/** Do the TLSA records veto the certificate? As a question for `dane` is answered, with what DNS says now. */
const askDane = (
  verifier: Verifier["Service"],
  { domain, service, tlsa }: AssociationReport,
  certificate: string | undefined
) =>
  certificate === undefined || tlsa?.state !== "records"
    ? Effect.succeed([])
    : Effect.fromResult(verifier.prepare({ domain, service, certificate, prooftypes: ["dane"], refresh: true })).pipe(
      Effect.mapError((error) => questionProblem(error)),
      Effect.flatMap(verifier.verify),
      Effect.map(({ code, message }) => code === "TlsaMismatch" ? [{ code, severity: "error" as const, message }] : [])
    )

/** Lints whether both generations agree. Verdicts do not fetch the draft document if there is one of RFC 7711. */
const compare = (verifier: Verifier["Service"], { association, domain, service }: AssociationReport, now: number) =>
  association?.material._tag !== "Fingerprints"
    ? Effect.succeed([])
    : verifier.report(domain, service, { generations: "draft-only", tlsa: "omit" }).pipe(
      Effect.mapError((error) => questionProblem(error)),
      Effect.map((older) =>
        older.association?.material._tag === "JwkSet" && association.material._tag === "Fingerprints"
          ? lintGenerations(association.material, older.association.material, now)
          : []
      )
    )

const generate = (
  { inTurn }: Pick<Limits["Service"], "inTurn">,
  services: ServiceRegistry,
  asked: GenerateRequest
): Effect.Effect<GenerateResponse, Problem> =>
  Effect.gen(function*() {
    const { certificates, expires, generation, service = "xmpp-server", url } = asked
    const now = yield* Clock.currentTimeMillis
    const entry = yield* orProblem(parseService(service, services))
    if (url !== undefined) {
      if (certificates !== undefined) return yield* refuse("certificates", "Give either certificates or a url.")
      if (generation === "draft") return yield* refuse("generation", "The draft generation knows no references.")
      if (expires === undefined) return yield* refuse("expires", "A reference needs to say when it expires.")
      return yield* orProblem(generateDocument({ url, expires }, entry, now))
    }
    if (certificates === undefined) return yield* refuse("certificates", "Give certificates, or a url.")
    if (generation === undefined) return yield* refuse("generation", "Certificates need the generation.")
    const read = yield* inTurn(
      eachPiece(certificates.entries(), ([index, text]) => readLeaves(text, `certificates[${index}]`))
    )
    const leaves = yield* orProblem(Result.all(read))
    const parsed = leaves.flatMap(({ certificates }) => certificates)
    const material = { certificates: parsed, generation, ...(expires === undefined ? {} : { expires }) }
    const generated = yield* Effect.flatMap(inTurn(onePiece(() => generateDocument(material, entry, now))), orProblem)
    return { ...generated, findings: [...leaves.flatMap(({ findings }) => findings), ...generated.findings] }
  })

/** Parses the leaf; the text may be a chain. */
const readCertificate = (text: string, field: string): Result.Result<Certificate, Problem> =>
  Result.flatMap(
    Result.mapError(parsePresented({ domain: "", service: "", certificate: text }), (error) => ({
      ...questionProblem(error),
      field
    })),
    ({ certificate }) =>
      certificate === undefined
        ? Result.fail(problem("MalformedPresentedCertificate", "There is no certificate.", field))
        : Result.succeed(certificate)
  )

const orProblem = <A>(result: Result.Result<A, Parameters<typeof questionProblem>[0]>): Effect.Effect<A, Problem> =>
  Effect.fromResult(Result.mapError(result, (error) => questionProblem(error)))

const refuse = (field: string, detail: string) => Effect.fail(problem("InvalidRequest", detail, field))
