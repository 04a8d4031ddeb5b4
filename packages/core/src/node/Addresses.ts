/**
 * Resolves a host name to addresses.
 *
 * Uses c-ares (`node:dns` `Resolver`), not `getaddrinfo`: that has four threads for the whole process and cannot be
 * cancelled, so a few silent name servers would block all look-ups. c-ares asks only the name servers: `/etc/hosts` IS
 * NOT READ; use `connectTo` instead.
 */
import { Effect, Latch, Result } from "effect"
import { Resolver } from "node:dns"
import type { Domain } from "../question/Domain.ts"
import { EgressConfigError } from "./EgressConfigError.ts"
import { EgressError } from "./EgressError.ts"

/**
 * Looks up A and AAAA concurrently; one usable answer is enough.
 *
 * **Details**
 *
 * Fails with `DnsNameNotFound` if both answers are NXDOMAIN or NODATA, and with `DnsTemporaryFailure` if there is no
 * address within `limitMs` for another reason. The name servers follow aliases (CNAME). Interruption cancels the
 * queries.
 */
export const lookUp = (
  host: Domain,
  servers: ReadonlyArray<string> | undefined,
  limitMs: number
): Effect.Effect<ReadonlyArray<string>, EgressError> =>
  Effect.suspend(() => {
    const resolver = makeResolver(servers, limitMs)
    const answered = Latch.makeUnsafe()
    const late = answered.await.pipe(Effect.andThen(Effect.sleep(resolutionDelayMs)), Effect.as(noAnswer))
    const ask = (type: RecordType) =>
      query(resolver, host, type).pipe(
        Effect.tap(({ addresses }) => addresses.length > 0 ? answered.open : Effect.void),
        Effect.raceFirst(late)
      )
    return Effect.all([ask("AAAA"), ask("A")], { concurrency: 2 })
  }).pipe(
    Effect.timeoutOrElse({ duration: limitMs, orElse: () => Effect.succeed([noAnswer]) }),
    Effect.flatMap(combine)
  )

/** Checks the format of name servers for {@link lookUp}. */
export const checkServers = (servers: ReadonlyArray<string>): Result.Result<void, EgressConfigError> =>
  Result.try({
    try: () => new Resolver().setServers(servers),
    catch: () =>
      new EgressConfigError({ option: "dnsServers", detail: `${JSON.stringify(servers)} are not all address:port` })
  })

type RecordType = "A" | "AAAA"

interface DnsAnswer {
  readonly addresses: ReadonlyArray<string>
  /** Error code of c-ares, such as `ENOTFOUND`. */
  readonly errorCode?: string
}

/** Milliseconds that the answer for one type waits for the other (RFC 8305 §3, Resolution Delay). */
const resolutionDelayMs = 50

const noAnswer: DnsAnswer = { addresses: [], errorCode: "ETIMEOUT" }

/** One resolver per look-up, because `cancel` applies to a whole resolver. Making one takes microseconds. */
const makeResolver = (servers: ReadonlyArray<string> | undefined, limitMs: number): Resolver => {
  // Three tries fit into the limit: each waits twice as long as the one before, 1 + 2 + 4.
  const resolver = new Resolver({ timeout: Math.ceil(limitMs / 7), tries: 3 })
  if (servers !== undefined) resolver.setServers(servers)
  return resolver
}

const query = (resolver: Resolver, host: Domain, type: RecordType): Effect.Effect<DnsAnswer> =>
  Effect.callback((resume) => {
    const onAnswer = (error: NodeJS.ErrnoException | null, addresses: ReadonlyArray<string>) =>
      resume(Effect.succeed(error === null ? { addresses } : { addresses: [], errorCode: error.code ?? "EBADRESP" }))
    if (type === "A") resolver.resolve4(host, onAnswer)
    else resolver.resolve6(host, onAnswer)
    return Effect.sync(() => resolver.cancel())
  })

const combine = (answers: ReadonlyArray<DnsAnswer>): Effect.Effect<ReadonlyArray<string>, EgressError> => {
  const addresses = answers.flatMap((answer) => answer.addresses)
  if (addresses.length > 0) return Effect.succeed(addresses)

  const errorCodes = answers.map(({ errorCode = "ENODATA" }) => errorCode)
  const isAbsent = errorCodes.every((code) => code === "ENOTFOUND" || code === "ENODATA")
  return Effect.fail(
    new EgressError({
      code: isAbsent ? "DnsNameNotFound" : "DnsTemporaryFailure",
      detail: [...new Set(errorCodes)].join(", ")
    })
  )
}
