/**
 * The OpenAPI document of the service, as served at `GET /openapi.json`.
 */
import { Api } from "@posh/api"
import { OpenApi } from "effect/http-api"

export const openApiDocument = (): string => `${JSON.stringify(OpenApi.fromApi(Api), null, 2)}\n`
