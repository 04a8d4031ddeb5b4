/**
 * A host name's addresses.
 *
 * By c-ares (`node:dns` `Resolver`) and not by `getaddrinfo`, which has four threads for the whole process and cannot be
 * cancelled, so that a few silent name servers would stop every look-up. c-ares asks the name servers and nobody else:
 * `/etc/hosts` IS NOT READ; use `connectTo` for what one would write there.
 */
import { Effect, Latch, Result } from "effect"
import { Resolver } from "node:dns"
import type { Domain } from "../question/Domain.ts"
import { EgressError } from "./EgressError.ts"
import { EgressConfigError } from "./EgressOptions.ts"

/**
 * Looks up A and AAAA side by side; one usable answer is enough.
 *
 * **Details**
 *
 * Fails with `DnsNameNotFound` where the name servers say for both types that there is nothing, else with
 * `DnsTemporaryFailure` where neither gave an address within `limitMs`. Aliases are followed by the name servers.
 * Interruption cancels the queries.
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

/** Are these name servers as {@link lookUp} takes them? */
export const checkServers = (servers: ReadonlyArray<string>): Result.Result<void, EgressConfigError> =>
  Result.try({
    try: () => new Resolver().setServers(servers),
    catch: () =>
      new EgressConfigError({ option: "dnsServers", detail: `${JSON.stringify(servers)} are not all address:port` })
  })

type RecordType = "A" | "AAAA"

interface DnsAnswer {
  readonly addresses: ReadonlyArray<string>
  /** As c-ares names it, such as `ENOTFOUND`. */
  readonly errorCode?: string
}

/** How long the answer for one type waits for that of the other (RFC 8305 §3). */
const resolutionDelayMs = 50

const noAnswer: DnsAnswer = { addresses: [], errorCode: "ETIMEOUT" }

/** One for each host, because cancelling is by resolver; to make one costs microseconds. */
const makeResolver = (servers: ReadonlyArray<string> | undefined, limitMs: number): Resolver => {
  // Three tries fit, as each waits twice as long as the one before: 1 + 2 + 4.
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
