/**
 * What callers may have of the service. Everything else that bounds them is no setting.
 */
import { orWord, wholeNumber } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const limits = {
  maxInFlight: variable("POSH_MAX_IN_FLIGHT", {
    fallback: "4096",
    values: "2000 to 1000000 questions",
    meaning:
      "Questions that are answered at once, those of batches included; one caller may have three quarters of the places.",
    consequence: "More are refused with `Overloaded` and `Retry-After`. A question that waits takes about 20 KiB.",
    parse: wholeNumber(2_000, 1_000_000)
  }),
  maxConnections: variable("POSH_MAX_CONNECTIONS", {
    fallback: "16384",
    values: "1 to 1000000 connections",
    meaning: "Connections that the listener holds at once; one network may hold three quarters of them.",
    consequence:
      "Further ones are closed at once. Each is an open file: where `ulimit -n` is too low, there are fewer.",
    parse: wholeNumber(1, 1_000_000)
  }),
  callerRate: variable("POSH_CALLER_RATE", {
    fallback: "off",
    values: "`off`, or 1 to 1000000 questions a second",
    meaning: "Questions that one caller may ask, in bursts of up to ten seconds' worth.",
    consequence: "More are refused with `TooManyRequests` and `Retry-After`, in a batch each in its own place.",
    parse: orWord("off", undefined, wholeNumber(1, 1_000_000))
  }),
  callerResolutions: variable("POSH_CALLER_RESOLUTIONS", {
    fallback: "6000",
    values: "`off`, or 1 to 10000000 a minute",
    meaning: "Resolutions that one caller may start, in bursts of up to a minute's worth. " +
      "Each generation of a domain that has to be asked is one; what is remembered, or asked already, is free.",
    consequence: "More are refused with `TooManyRequests` and `Retry-After`. " +
      "Replicas that share a Redis allow about as much together.",
    parse: orWord("off", undefined, wholeNumber(1, 10_000_000))
  })
} as const
