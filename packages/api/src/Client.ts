/**
 * A typed client, made from the contract.
 */
import type { Effect } from "effect"
import type { HttpClient } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { Api } from "./Api.ts"

export type Client = HttpApiClient.ForApi<typeof Api>

/**
 * A client of the service at `baseUrl`.
 *
 * **Details**
 *
 * Problems are failures, as {@link file://./Problem.ts | Problem}. Provide any `HttpClient`, such as `FetchHttpClient`.
 */
export const makeClient = (baseUrl: string): Effect.Effect<Client, never, HttpClient.HttpClient> =>
  HttpApiClient.make(Api, { baseUrl })
