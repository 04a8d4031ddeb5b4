/**
 * The route of a request, as labels and spans name it: one of a closed set, whatever callers ask for.
 */
import type { IncomingMessage } from "node:http"
import { routes } from "./telemetry/labels.ts"

/** The most asked one is not looked for. */
export const findRoute = ({ method, url = "" }: IncomingMessage): string => {
  if (method === "POST" && url === "/v1/verify") return "POST /v1/verify"
  const [path = ""] = url.split(/[?#]/, 1)
  const asked = method === "HEAD" ? "GET" : method
  return patterns.find((row) => row.method === asked && row.pattern.test(path))?.route ?? "other"
}

const patterns = routes.filter((route) => route !== "other").map((route) => {
  const [method = "", path = ""] = route.split(" ")
  return { method, route, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`) }
})
