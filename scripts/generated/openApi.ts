/**
 * The OpenAPI document of the service, as served at `GET /openapi.json`.
 */
import { makeOpenApi } from "@posh/api"

export const openApiDocument = (): string => `${JSON.stringify(makeOpenApi(), null, 2)}\n`
