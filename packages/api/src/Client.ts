/**
 * A typed client, made from the contract.
 */
import type { Effect, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { Api } from "./Api.ts"

export type Client = HttpApiClient.ForApi<typeof Api>

export interface ClientOptions {
  /** Sent with every request as `Authorization: Bearer`. Default none. Use `https:`, unless the service is on the same machine. */
  readonly key?: Redacted.Redacted
}

/**
 * A client of the service at `baseUrl`.
 *
 * **Details**
 *
 * Problems arrive in the error channel, as {@link file://./Problem.ts | Problem}. Provide any `HttpClient`, such as `FetchHttpClient`.
 */
export const makeClient = (
  baseUrl: string,
  { key }: ClientOptions = {}
): Effect.Effect<Client, never, HttpClient.HttpClient> =>
  HttpApiClient.make(Api, {
    baseUrl,
    ...(key === undefined
      ? {}
      : { transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(key)) })
  })
