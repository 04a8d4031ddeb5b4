/**
 * The HTTP/2 server of Node.js, plain (h2c) or over TLS, behind one interface.
 *
 * **Details**
 *
 * Floods are bounded by Node.js and nghttp2: streams that are reset (33 a second after 1,000), CONTINUATION frames (8 for a header),
 * SETTINGS and PING frames that wait for their answer (1,000), frames that are not valid (1,000). Beyond, the connection is closed.
 */
import { createSecureServer, createServer, type Http2SecureServer, type Http2Server } from "node:http2"
import { type Tls, toTlsOptions } from "../../access/Tls.ts"
import { followHandshakes } from "../../connections/handshakes.ts"
import { callLimits } from "../calls/limits.ts"

export interface CallServer {
  readonly scheme: "http" | "https"
  readonly server: Http2Server | Http2SecureServer
  /** Uses other files for new connections; no effect without TLS. True if callers must prove anew who they are. */
  readonly renew: (tls: Tls) => boolean
  /** Closes connections whose handshake is in progress. */
  readonly abortHandshakes: () => void
}

const options = {
  maxHeaderListPairs: callLimits.headerFields,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxSettings: 32,
  settings: {
    enablePush: false,
    maxConcurrentStreams: callLimits.streams,
    maxHeaderListSize: callLimits.header
  }
}

export const makeCallServer = (tls: Tls | undefined): CallServer => {
  if (tls === undefined) {
    return {
      scheme: "http",
      server: createServer(options),
      renew: () => false,
      abortHandshakes: () => undefined
    }
  }
  const server = createSecureServer({ ...options, ...toHttp2Options(tls) })
  const { abort } = followHandshakes(server)
  let { clientCa } = tls
  return {
    scheme: "https",
    server,
    abortHandshakes: abort,
    renew: (changed) => {
      server.setSecureContext(toHttp2Options(changed))
      const isOther = changed.clientCa !== clientCa
      clientCa = changed.clientCa
      return isOther
    }
  }
}

/** HTTP/1.1 is not spoken here. */
const toHttp2Options = (tls: Tls) => ({ ...toTlsOptions(tls), ALPNProtocols: ["h2"] })
