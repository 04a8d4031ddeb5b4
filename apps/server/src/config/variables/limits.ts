/**
 * Limits for callers. All other limits are constants.
 */
import { Result } from "effect"
import { orWord, wholeNumber } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const limits = {
  maxInFlight: variable("POSH_MAX_IN_FLIGHT", {
    fallback: "4096",
    values: "2000 to 1000000 questions",
    meaning: "Questions in flight, those of batches included; one caller may have at most three quarters of them.",
    consequence: "More are shed with `Overloaded` and `Retry-After`. A question that waits takes about 20 KiB. " +
      "Workers (`POSH_WORKERS`) divide them, but each has at least 2,000, because a batch goes to one of them.",
    parse: (text) =>
      Result.mapError(
        wholeNumber(2_000, 1_000_000)(text),
        (fault) => `${fault}: one caller may have three quarters of them, and a batch may have 1000 questions`
      )
  }),
  maxConnections: variable("POSH_MAX_CONNECTIONS", {
    fallback: "16384",
    values: "1 to 1000000 connections",
    meaning:
      "Concurrent connections of callers, over HTTP and gRPC together; one network may hold at most three quarters of them.",
    consequence:
      "Further ones are closed at once. Each uses a file descriptor: if `ulimit -n` is too low, there are fewer. Workers " +
      "(`POSH_WORKERS`) divide them, so there must be one for each.",
    parse: wholeNumber(1, 1_000_000)
  }),
  callerRate: variable("POSH_CALLER_RATE", {
    fallback: "off",
    values: "`off`, or 1 to 1000000 questions a second",
    meaning: "Rate limit of questions for one caller, with bursts of up to ten seconds' worth.",
    consequence: "More are rejected with `TooManyRequests` and `Retry-After`; in a batch each question individually. " +
      "Replicas and workers that share a Redis enforce the limit approximately for all of them together.",
    parse: orWord("off", undefined, wholeNumber(1, 1_000_000))
  }),
  callerResolutions: variable("POSH_CALLER_RESOLUTIONS", {
    fallback: "6000",
    values: "`off`, or 1 to 10000000 a minute",
    meaning: "Rate limit of resolutions for one caller, with bursts of up to a minute's worth. " +
      "Each generation of a domain that must be fetched is one, and so is what DNS says of it (`POSH_DNSSEC_RESOLVER`); cache hits and resolutions already in progress are free.",
    consequence: "More are rejected with `TooManyRequests` and `Retry-After`. " +
      "Replicas and workers that share a Redis enforce the limit approximately for all of them together.",
    parse: orWord("off", undefined, wholeNumber(1, 10_000_000))
  })
} as const
