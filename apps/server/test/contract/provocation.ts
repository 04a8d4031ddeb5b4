/**
 * What provokes a status of an operation: a row of the tables beside, and what rows are made of.
 */
import { problemMediaType } from "@posh/api"
import { Effect } from "effect"
import { routes } from "./document.ts"
import { ask, type Asked, type Reply } from "./exchange.ts"
import { anyRequestOf } from "./requests.ts"
import { askIn, type ServiceState } from "./services.ts"

export interface Provocation {
  readonly id: string
  readonly status: number
  readonly mediaType: string | undefined
  /** Of the example in the document; `undefined` where a body is none. */
  readonly example: string | undefined
  /** `baseUrl` is that of the process. */
  readonly provoke: (baseUrl: string) => Effect.Effect<Reply>
}

export const ids = [...routes.keys()]
export const guarded = ids.filter((id) => routes.get(id)!.operation.security.length > 0)
export const withBody = ids.filter((id) => routes.get(id)!.operation.requestBody !== undefined)
export const needsAdmin = (id: string): boolean =>
  routes.get(id)!.operation.security.some(({ bearer }) => bearer?.includes("admin"))

export const changed = (asked: Asked, headers: Readonly<Record<string, string>>): Asked => ({
  ...asked,
  headers: { ...asked.headers, ...headers }
})

export const withoutKey = ({ headers: { authorization: _key, ...headers } = {}, ...asked }: Asked): Asked => ({
  ...asked,
  headers
})

export const problem = (
  id: string,
  status: number,
  example: string,
  asked: Asked | ((baseUrl: string) => Effect.Effect<Reply>)
): Provocation => ({
  id,
  status,
  example,
  mediaType: problemMediaType,
  provoke: typeof asked === "function" ? asked : (baseUrl) => ask(baseUrl, asked)
})

export const inState = (id: string, status: number, example: string, state: ServiceState, asked = anyRequestOf(id)) =>
  problem(id, status, example, () => askIn(state, anyRequestOf("verification.verify"), asked))

export const head = (id: string, ...fields: ReadonlyArray<string>): string => {
  const { method, path } = anyRequestOf(id)
  return `${[`${method} ${path} HTTP/1.1`, ...fields].join("\r\n")}\r\n\r\n`
}

/** The request with these members of its body changed; a member that is `undefined` is left out. */
export const spoilt = (id: string, members: object): Asked => {
  const asked = anyRequestOf(id)
  return { ...asked, body: JSON.stringify({ ...JSON.parse(String(asked.body)), ...members }) }
}

export const at = (id: string, from: string, to: string): Asked => {
  const asked = anyRequestOf(id)
  return { ...asked, path: asked.path.replace(from, to) }
}

export const hosted = "chat.orchard.example"
