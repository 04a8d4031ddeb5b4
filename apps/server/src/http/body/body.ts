/**
 * Reads the body of a request as JSON, within a limit.
 */
import { bodyLimits, type Problem, problem } from "@posh/api"
import { ByteSize, Effect, Result } from "effect"
import { HttpIncomingMessage, type HttpServerRequest } from "effect/http"
import { isUtf8 } from "node:buffer"
import { callerBounds } from "../../service/limits/bounds.ts"
import type { Limits } from "../../service/limits/Limits.ts"
import { tooLarge } from "../../service/limits/refusals.ts"
import { type Structure, structureOf } from "../../service/limits/structure.ts"
import { onePiece } from "../../service/limits/Turns.ts"
import { fieldOf } from "../../service/problems.ts"
import { type Exchange, exchangeOf } from "../Exchange.ts"
import { reserveBody } from "../limits/reserveBody.ts"
import { duplicateIn, membersOf } from "./duplicates.ts"
import { type Coding, codingOf, inflate } from "./inflate.ts"
import { jsonFault } from "./jsonFault.ts"

type Reader = Pick<Limits["Service"], "inTurn" | "bodies">

/**
 * Reads and parses a body.
 *
 * **Details**
 *
 * Requires `application/json`: a web page cannot send that to another origin without a CORS preflight, so pages cannot
 * reach a service on a loopback address.
 */
export const readJson = (
  reader: Reader,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<unknown, Problem> =>
  Effect.flatMap(readBody(reader, request, bodyLimits.single), (octets) =>
    octets.length > callerBounds.smallBody
      ? Effect.flatMap(reader.inTurn(onePiece(() => decodeBody(octets))), Effect.fromResult)
      : Effect.fromResult(decodeBody(octets)))

export interface ReadOptions {
  /** Default JSON alone. */
  readonly mediaTypes?: ReadonlyArray<string>
  /** Octets to reserve for a long response, until that ends. */
  readonly answer?: number
}

/** Reads a body without parsing it. `limit`: octets, also of a body in gzip when it is decoded. */
export const readBody = (
  { bodies }: Pick<Reader, "bodies">,
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  { answer = 0, mediaTypes = ["application/json"] }: ReadOptions = {}
): Effect.Effect<Buffer, Problem> =>
  Effect.suspend(() => {
    const exchange = exchangeOf(request.source)
    if (exchange === undefined) return Effect.die(new Error("a body is read of a request that passed no gate"))
    const coding = codingOf(request.headers["content-encoding"])
    const fault = headFault(request, coding, limit, mediaTypes)
    if (fault !== undefined) return Effect.fail(fault)
    const octets = request.arrayBuffer.pipe(
      Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(limit)),
      Effect.mapError(({ reason }) =>
        reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
          ? tooLarge(limit)
          : problem("InvalidRequest", "The body could not be read to its end.")
      ),
      Effect.map((read) => Buffer.from(read)),
      Effect.flatMap((read) => coding === "gzip" ? inflate(read, limit) : Effect.succeed(read))
    )
    return reserveBody(bodies, exchange, limit, answer + (coding === "gzip" ? limit : 0)).pipe(
      Effect.andThen(sendContinue(exchange)),
      Effect.andThen(octets)
    )
  })

/** Sends `100 Continue` when the body is about to be read, if the caller waits for it (RFC 9110 §10.1.1). */
const sendContinue = ({ expectation, response }: Exchange): Effect.Effect<void> =>
  Effect.sync(() => {
    if (expectation === "continue" && !response.headersSent) response.writeContinue()
  })

/** Parses a body of JSON; it may begin with a byte order mark (RFC 8259 §8.1). */
export const decodeBody = (octets: Buffer): Result.Result<unknown, Problem> => decodeJson(withoutMark(octets))

export const withoutMark = (octets: Buffer): Buffer =>
  octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf ? octets.subarray(3) : octets

/** Parses JSON; refuses duplicate members and excessive structure. `structure`: if it is known already. */
export const decodeJson = (octets: Buffer, structure?: Structure): Result.Result<unknown, Problem> => {
  if (octets.byteLength === 0) return refuse("The body is empty; JSON is expected.")
  if (!isUtf8(octets)) return refuse("The body is not UTF-8.")
  const { isOver, members } = structure ?? structureOf(octets)
  if (isOver) return refuse("The body has more levels or members than a question can have.")
  return Result.flatMap(parse(octets), (value) => {
    const duplicate = members === membersOf(value) ? undefined : duplicateIn(octets)
    return duplicate === undefined
      ? Result.succeed(value)
      : Result.fail(problem("InvalidRequest", "The member occurs twice.", fieldOf(duplicate)))
  })
}

const parse = (octets: Buffer): Result.Result<unknown, Problem> =>
  Result.try({
    try: (): unknown => JSON.parse(octets.toString("utf8")),
    catch: () => problem("InvalidRequest", jsonFault(octets))
  })

const refuse = (detail: string) => Result.fail(problem("InvalidRequest", detail))

/** The media type of a body, without its parameters. */
export const mediaTypeOf = (headers: Readonly<Record<string, string | undefined>>): string =>
  (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""

const headFault = (
  { headers }: HttpServerRequest.HttpServerRequest,
  coding: Coding | undefined,
  limit: number,
  mediaTypes: ReadonlyArray<string>
): Problem | undefined => {
  if (!mediaTypes.includes(mediaTypeOf(headers))) {
    return problem("UnsupportedRequestMediaType", "Send the body with Content-Type: application/json.")
  }
  if (coding === undefined) {
    return problem("UnsupportedRequestMediaType", "Send the body in gzip, or without a content coding.")
  }
  return Number(headers["content-length"] ?? 0) > limit ? tooLarge(limit) : undefined
}
