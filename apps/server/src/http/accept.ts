/**
 * What a client accepts (RFC 9110 §12.5), as far as the service has a choice.
 */

/** The weight of an entry in a list such as `text/plain;q=0.5, application/json`; 0 if it is not listed. */
const weightIn = (list: string | undefined, name: string): number => {
  const [, parameters = ""] = (list ?? "").toLowerCase().split(",").map((range) => range.trim().split(";"))
    .find(([listed]) => listed?.trim() === name) ?? [name, "q=0"]
  const q = /^\s*q=([\d.]+)\s*$/.exec(parameters)?.[1]
  return q === undefined ? 1 : Number(q)
}

/** True if `Accept` prefers the media type to JSON. */
export const prefersToJson = (accept: string | undefined, mediaType: string): boolean =>
  weightIn(accept, mediaType) > weightIn(accept, "application/json")

/** True if a response may be in gzip. `*` is not enough: such clients often mean identity. */
export const acceptsGzip = (acceptEncoding: string | undefined): boolean => weightIn(acceptEncoding, "gzip") > 0
