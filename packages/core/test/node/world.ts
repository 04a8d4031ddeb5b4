/** Requests to fake origins, and their outcomes. */
import { type HostOptions, makeOrigins, type Origins } from "@posh/testing"
import { Context, Effect, Layer, Result } from "effect"
import { Fetcher, type FetchRequest } from "../../src/fetch/Fetcher.ts"
import { type AttemptLimits, attemptLimits } from "../../src/Limits.ts"
import { type EgressOptions, HttpsFetcher, parseConnectTo, parseNetworks } from "../../src/node/index.ts"
import type { Domain } from "../../src/question/Domain.ts"

export class Web extends Context.Service<Web, Origins>()("test/Web") {}

/** Origins for these hosts, and a fetcher that trusts their root and connects to them. */
export const layerWeb = (hosts: Readonly<Record<string, HostOptions>>) =>
  Layer.unwrap(Effect.map(Web, (origins) => layerFetcher(origins, { connectTo: connectTo(origins.connectTo) }))).pipe(
    Layer.provideMerge(Layer.effect(Web, makeOrigins(hosts)))
  )

export const layerFetcher = (origins: Origins, options: Partial<EgressOptions> = {}) =>
  HttpsFetcher.layer({ userAgent: "posh-test/1.0 (+mailto:ops@posh.example)", extraCa: origins.caPem, ...options })

export const connectTo = (text: string) => Result.getOrThrow(parseConnectTo(text))
export const networks = (text: string) => Result.getOrThrow(parseNetworks(text))

export interface Question {
  readonly host: string
  readonly path?: string
  readonly port?: number
  readonly limits?: Partial<AttemptLimits>
  readonly accept?: string
  readonly smallHello?: boolean
  readonly bodyLimit?: FetchRequest["bodyLimit"]
}

/** Large enough for the documents here, and larger than any chunk. */
export const bodyLimit = 65_536

export const toRequest = (question: Question): FetchRequest => {
  const { host, path = "/", port = 443 } = question
  return {
    target: { url: `https://${host}${port === 443 ? "" : `:${port}`}${path}`, host: host as Domain, port, path },
    sourceDomain: host as Domain,
    hadMaterial: false,
    waiting: {},
    accept: question.accept ?? "application/json",
    limits: { ...attemptLimits, ...question.limits },
    smallHello: question.smallHello ?? false,
    bodyLimit: question.bodyLimit ?? (() => bodyLimit)
  }
}

export const get = (question: Question) => Fetcher.use((fetcher) => fetcher.get(toRequest(question)))

/** The status and the text of the body, or the code of the error. */
export const outcome = (question: Question) =>
  Effect.match(get(question), {
    onFailure: ({ code }) => code,
    onSuccess: ({ body, status }) => `${status} ${Buffer.from(body).toString()}`
  })
