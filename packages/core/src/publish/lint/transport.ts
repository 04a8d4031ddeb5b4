/**
 * Lints about how a document is served: media type, caching, redirects.
 */
import type { Hop } from "../../association/Hop.ts"
import { quote } from "../../encoding/quote.ts"
import { type Head, headerValues } from "../../fetch/Fetcher.ts"
import { withoutWhitespace } from "../../fetch/fields.ts"
import { type Lint, lint } from "../../Lint.ts"
import { lintRepeatedFields } from "../../proof/posh/repeatedFields.ts"
import { classifyMediaType } from "../../proof/posh/response.ts"
import type { Generation } from "../../question/Generation.ts"

/** POSH-PUB-03: warns of a media type that only lenient verifiers accept. The caller reports one that none accepts. */
export const lintMediaType = (head: Head, generation: Generation): ReadonlyArray<Lint> =>
  classifyMediaType(head, generation, true) === "expected"
    ? []
    : [lint("UnexpectedMediaType", "warning", undefined, quoteValues(headerValues(head, "content-type")))]

/** POSH-PUB-04 (caching) and POSH-PUB-16 (sniffing). Needs all headers of the response. */
export const lintHeaders = (head: Head): ReadonlyArray<Lint> => [
  ...lintRepeatedFields(head),
  ...lintCaching(headerValues(head, "cache-control")),
  ...(headerValues(head, "x-content-type-options").some((value) => withoutWhitespace(value).toLowerCase() === "nosniff")
    ? []
    : [lint("SniffableMediaType", "info")])
]

/** POSH-PUB-11: clients cache 301 and 308, and then skip the source domain. */
export const lintHops = (hops: ReadonlyArray<Hop>): ReadonlyArray<Lint> =>
  hops.flatMap(({ status, url }, index) =>
    status === 301 || status === 308
      ? [lint("PermanentRedirect", "warning", `hops[${index}]`, `${status} from ${quote(url)}`)]
      : []
  )

/** POSH-PUB-04, seconds. */
const maxFreshnessSeconds = 60

const lintCaching = (fields: ReadonlyArray<string>): ReadonlyArray<Lint> => {
  const directives = fields.join(",").toLowerCase().split(",").map(withoutWhitespace)
  if (directives.some((directive) => /^no-(?:cache|store)$/.test(directive))) return []
  const ages = directives.flatMap((directive) => /^(?:s-maxage|max-age)="?(\d+)"?$/.exec(directive)?.slice(1) ?? [])
  if (ages.length > 0 && ages.every((age) => Number(age) <= maxFreshnessSeconds)) return []
  // RFC 9111 §4.2.2: without an explicit lifetime, caches use a heuristic.
  return ages.length > 0
    ? [lint("CacheLifetimeLong", "warning", undefined, quoteValues(fields))]
    : [lint("CacheLifetimeLong", "info", undefined, "Cache-Control sets no bound")]
}

const quoteValues = (values: ReadonlyArray<string>): string =>
  values.length === 0 ? "none" : `"${quote(values.join(", "))}"`
