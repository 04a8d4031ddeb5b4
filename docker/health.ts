/**
 * The health check of the image: requests liveness from the service in the same container, where it listens. Exit code 0: alive.
 */
import { get } from "node:http"
import { get as getOverTls } from "node:https"
import { connect } from "node:net"
import { env, exit } from "node:process"

const anyAddress: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" }

const addressOf = (host: string | undefined, port: number) => {
  const listening = host || "127.0.0.1"
  return { host: anyAddress[listening] ?? listening, port, timeout: 2_000 }
}

const main = addressOf(env["POSH_HOST"], Number(env["POSH_PORT"]) || 8080)
const operations = Number(env["POSH_OPS_PORT"])
  ? addressOf(env["POSH_OPS_HOST"], Number(env["POSH_OPS_PORT"]))
  : undefined
const path = "/health/live"
const no = () => exit(1)

const ask = (): void => {
  // A connection within the container needs no check of the name.
  const request = operations === undefined && env["POSH_TLS_CERT_FILE"]
    ? getOverTls({ ...main, path, rejectUnauthorized: false })
    : get({ ...operations ?? main, path })
  request.on("response", ({ statusCode }) => exit(statusCode === 200 ? 0 : 1)).on("timeout", no).on("error", no)
}

// There is no client certificate and no header of a proxy here: where one is asked for, an accepted connection must do.
const isClosedToUs = Boolean(env["POSH_TLS_CLIENT_CA_FILE"]) || env["POSH_PROXY_PROTOCOL"] === "true"
if (operations === undefined && isClosedToUs) {
  connect(main).on("connect", () => exit(0)).on("timeout", no).on("error", no)
} else ask()
