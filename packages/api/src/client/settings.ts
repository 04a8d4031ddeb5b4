/**
 * The settings of a client, checked. A wrong one is an error of the program and is thrown: a client without endpoints, or with
 * a time-out of NaN, would fail each question for a reason that lies elsewhere. Pure.
 */
import { Redacted } from "effect"
import type { ClientSettings } from "./ClientSettings.ts"

export interface CheckedSettings {
  readonly endpoints: ReadonlyArray<EndpointUrls>
  readonly key: Redacted.Redacted | (() => string | Promise<string>) | undefined
  readonly timeoutMs: number
  readonly entries: number
  readonly windowMs: number
  readonly batchQuestions: number
  readonly fetch: typeof globalThis.fetch
}

export interface EndpointUrls {
  /** For messages: no path, no user. */
  readonly origin: string
  readonly verify: string
  readonly batch: string
}

export const checkSettings = (settings: ClientSettings): CheckedSettings => {
  const { batch = {}, cache = { entries: 1_000 }, endpoints, key, plainHttp = false, timeoutMs = 10_000 } = settings
  if (!Array.isArray(endpoints) || endpoints.length < 1 || endpoints.length > 16) {
    throw new TypeError("endpoints: 1 to 16 URLs are needed")
  }
  if (key !== undefined && typeof key !== "function" && !isKey(key)) throw new TypeError("key: it is no bearer token")
  const fetch = settings.fetch ?? globalThis.fetch
  if (typeof fetch !== "function") throw new TypeError("fetch: this platform has none, so one is needed")
  const { questions = 1_000, windowMs = 1 } = batch === false ? { questions: 1, windowMs: 0 } : batch
  return {
    endpoints: endpoints.map((text) => toUrls(text, plainHttp === true)),
    key: typeof key === "string" ? Redacted.make(key) : key,
    timeoutMs: between("timeoutMs", timeoutMs, 50, 60_000),
    entries: cache === false ? 0 : between("cache.entries", cache.entries, 0, 1_000_000),
    windowMs: between("batch.windowMs", windowMs, 0, 1_000),
    batchQuestions: between("batch.questions", questions, 1, 1_000),
    fetch
  }
}

/** Characters of RFC 6750 §2.1 and other visible ones; nothing that a header could be ended with. */
export const isKey = (key: unknown): key is string => typeof key === "string" && /^[\x21-\x7e]{1,1024}$/.test(key)

const between = (name: string, value: unknown, least: number, greatest: number): number => {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= greatest) return value
  throw new TypeError(`${name}: a whole number from ${least} to ${greatest} is needed`)
}

const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

const toUrls = (text: unknown, plainHttp: boolean): EndpointUrls => {
  if (typeof text !== "string" || !URL.canParse(text)) throw new TypeError("endpoints: each must be a URL")
  const url = new URL(text)
  const { hash, hostname, href, origin, password, protocol, search, username } = url
  if (username !== "" || password !== "" || search !== "" || hash !== "") {
    throw new TypeError(`endpoints: ${origin} must have no user, query or fragment`)
  }
  if (protocol !== "https:" && !(protocol === "http:" && (plainHttp || loopback.test(hostname)))) {
    throw new TypeError(`endpoints: ${origin} must be https:`)
  }
  const base = href.endsWith("/") ? href : `${href}/`
  return { origin, verify: `${base}v1/verify`, batch: `${base}v1/verify/batch` }
}
