/**
 * Examples of problems: one for each status that an operation declares. A test provokes each and compares it.
 */
import {
  type AnyProblem,
  messageProblem,
  passingProblem,
  problem,
  type ProblemCode,
  problemInstance
} from "../../Problem.ts"

const named = <P extends AnyProblem>(body: P): P & { readonly instance: string } => ({
  ...body,
  instance: problemInstance("9f0c3a52-6f57-4e0b-9d6e-6a2f1c0e8b11")
})

const made = (code: ProblemCode, detail: string, field?: string) => named(problem(code, detail, field))

const noHost = made("InvalidRequest", "The request has no Host.")
const unregistered = made("UnsupportedService", "The service is not one of xmpp-client, xmpp-server.", "service")
const address = made("InvalidSourceDomain", "An IP address is not a domain (ip-literal).", "domain")

/** Those with status 400 by operation, each by name; without any: that of a malformed message. */
const badRequests: Readonly<Record<string, Readonly<Record<string, AnyProblem>>>> = {
  "verification.verify": {
    InvalidRequest: made("InvalidRequest", "There is no such member; did you mean nameCheck?", "namecheck"),
    InvalidSourceDomain: address,
    UnsupportedService: unregistered,
    MalformedPresentedCertificate: made(
      "MalformedPresentedCertificate",
      "The text is neither PEM nor the base64 of a DER certificate.",
      "certificate"
    )
  },
  "verification.verifyByFingerprint": {
    InvalidRequest: made("InvalidRequest", "One of sha-256 and sha-512 is required.", "sha-256"),
    InvalidSourceDomain: address,
    UnsupportedService: unregistered
  },
  "verification.verifyBatch": { InvalidRequest: made("InvalidRequest", "Expected an array of questions.", "requests") },
  "associations.getAssociation": { InvalidSourceDomain: address, UnsupportedService: unregistered },
  "associations.forgetAssociation": { InvalidSourceDomain: address, UnsupportedService: unregistered },
  "associations.listAssociations": {
    InvalidRequest: made("InvalidRequest", "The cursor is not one of an earlier answer.", "cursor")
  },
  "documents.lintDocument": {
    InvalidRequest: made("InvalidRequest", "A document needs its generation.", "generation")
  },
  "documents.generateDocument": {
    InvalidRequest: made("InvalidRequest", "Certificates need the generation.", "generation"),
    MalformedPresentedCertificate: made(
      "MalformedPresentedCertificate",
      "The text is neither PEM nor the base64 of a DER certificate.",
      "certificates[0]"
    )
  }
}

const forbidden: Readonly<Record<string, AnyProblem>> = {
  "verification.verify": made("Forbidden", "This needs a key with the scope admin.", "refresh"),
  "verification.verifyByFingerprint": made("Forbidden", "This needs a key with the scope admin.", "refresh"),
  "associations.getAssociation": made("Forbidden", "This needs a key with the scope admin.", "refresh"),
  "verification.verifyBatch": made("Forbidden", "A page of another origin asks, and has no key."),
  "documents.generateDocument": made("Forbidden", "A page of another origin asks, and has no key.")
}

const octets = (operationId: string): number => operationId === "verification.verifyBatch" ? 32 << 20 : 1 << 20

/** The problems of the operation with this status, by name. */
export const problemsOf = (operationId: string, status: string): Readonly<Record<string, AnyProblem>> => {
  switch (status) {
    case "400":
      return badRequests[operationId] ?? { InvalidRequest: noHost }
    case "401":
      return { Unauthorized: made("Unauthorized", "Send a key of this service as Authorization: Bearer.") }
    case "403":
      return { Forbidden: forbidden[operationId] ?? made("Forbidden", "This needs a key with the scope admin.") }
    case "404":
      return { NotFound: made("NotFound", "The service does not count: POSH_METRICS is off.") }
    case "408":
      return { InvalidRequest: named(messageProblem(408, "The request did not arrive in time.")) }
    case "413":
      return { PayloadTooLarge: made("PayloadTooLarge", `At most ${octets(operationId)} octets are read.`) }
    case "415":
      return {
        UnsupportedRequestMediaType: made(
          "UnsupportedRequestMediaType",
          "Send the body with Content-Type: application/json."
        )
      }
    case "417":
      return { InvalidRequest: named(messageProblem(417, "Only the expectation 100-continue is supported.")) }
    case "429":
      return {
        TooManyRequests: named(
          passingProblem("TooManyRequests", "This caller asks more questions than it may.", 1_000)
        )
      }
    case "431":
      return { InvalidRequest: named(messageProblem(431, "The header is larger than 16384 octets.")) }
    case "500":
      return { InternalError: made("InternalError", "The service failed unexpectedly. It may help to ask again.") }
    case "503":
      return operationId.startsWith("health.")
        ? {
          Overloaded: named(
            passingProblem("Overloaded", "At most 32 requests of a connection wait for their answers.", 1_000)
          )
        }
        : { Overloaded: named(passingProblem("Overloaded", "As many questions as may be are being answered.", 1_000)) }
    default:
      return {}
  }
}
