/**
 * The health check of the image: requests liveness from the service in the same container. Exit code 0: alive.
 */
import { get } from "node:http"
import { get as getOverTls } from "node:https"
import { connect } from "node:net"
import { env, exit } from "node:process"

const address = { host: "127.0.0.1", port: Number(env["POSH_PORT"]) || 8080, timeout: 2_000 }
const no = () => exit(1)

const ask = (): void => {
  // A connection within the container needs no check of the name.
  const request = env["POSH_TLS_CERT_FILE"]
    ? getOverTls({ ...address, path: "/health/live", rejectUnauthorized: false })
    : get({ ...address, path: "/health/live" })
  request.on("response", ({ statusCode }) => exit(statusCode === 200 ? 0 : 1)).on("timeout", no).on("error", no)
}

// With mutual TLS there is no client certificate here: an accepted TCP connection must do.
if (env["POSH_TLS_CLIENT_CA_FILE"]) connect(address).on("connect", () => exit(0)).on("timeout", no).on("error", no)
else ask()
