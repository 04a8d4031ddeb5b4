/**
 * Opens the sockets of the client library: over TCP, a Unix socket, or TLS with the name of the server (SNI). The
 * library itself sends no name, and would read certificate files once.
 */
import { Result } from "effect"
import { AbstractConnector, type RedisOptions, SentinelConnector } from "ioredis"
import { connect as connectPlainly, isIP, Socket } from "node:net"
import { connect as connectTls, type SecureContext } from "node:tls"
import { RedisError } from "../RedisError.ts"

/** What TLS to Redis is done with. */
export interface TlsSource {
  /** For the next connection. `undefined`: the roots of Node.js, and no certificate of our own. */
  readonly context: () => SecureContext | undefined
  /** In place of the host that is connected to: in SNI, and in the check of the certificate. */
  readonly serverName: string | undefined
}

/** For `rediss://` without any further setting. */
export const plainTls: TlsSource = { context: () => undefined, serverName: undefined }

type Connector = NonNullable<RedisOptions["Connector"]>

/**
 * A server, or a node of a cluster. `tls` is absent for plain connections. The library hears one error of a socket; TLS may
 * report another one, which would end the process without a listener that stays.
 */
export const makeConnector = (tls: TlsSource | undefined): Connector =>
  class extends AbstractConnector {
    /** Those of the connection: a later attempt may have another place. */
    readonly #place: Place

    constructor(options: unknown) {
      const place = options as Place & { readonly disconnectTimeout: number }
      super(place.disconnectTimeout)
      this.#place = place
    }

    connect() {
      this.connecting = true
      return new Promise<Socket>((resolve, reject) => {
        process.nextTick(() => {
          if (!this.connecting) return reject(new Error("Connection is closed."))
          this.stream = open(this.#place, tls)
          this.stream.on("error", (error) => void (this.firstError ??= error))
          resolve(this.stream)
        })
      })
    }
  }

/**
 * The master that sentinels name. `onRefusal` is called with what a sentinel did wrong: the library keeps its message
 * alone.
 */
export const makeSentinelConnector = (
  tls: TlsSource | undefined,
  onRefusal: (cause: unknown) => void
): Connector =>
  class extends SentinelConnector {
    constructor(options: unknown) {
      super(options as ConstructorParameters<typeof SentinelConnector>[0])
      const Connector = makeConnector(tls)
      const connectToSentinel: Method = this["connectToSentinel"].bind(this)
      const resolve: Method<Promise<Place | null>> = this["resolve"].bind(this)
      this["connectToSentinel"] = (endpoint: unknown, more?: object) =>
        connectToSentinel(endpoint, { ...more, Connector })
      // What it resolves to is handed to the TLS of Node.js as it is.
      this["resolve"] = (endpoint: unknown) =>
        resolve(endpoint).then(
          (master) => {
            if (master === null) onRefusal(new RedisError({ reason: "connection", detail: "no such master group" }))
            return master === null || tls === undefined ? master : { ...master, ...toTlsOptions(master, tls) }
          },
          (cause: unknown) => {
            onRefusal(cause)
            throw cause
          }
        )
    }

    override connect(...args: Parameters<SentinelConnector["connect"]>) {
      return super.connect(...args).then((stream) => stream.on("error", () => undefined))
    }
  }

interface Place {
  readonly host?: string
  readonly port?: number
  readonly path?: string
}

type Method<A = unknown> = (...args: ReadonlyArray<unknown>) => A

const open = ({ host = "localhost", path, port = 6_379 }: Place, tls: TlsSource | undefined): Socket => {
  if (path !== undefined) return connectPlainly({ path })
  if (tls === undefined) return connectPlainly({ host, port })
  const opened = Result.try(() => connectTls({ host, port, ...toTlsOptions({ host }, tls) }))
  // A connector that throws would not be asked again.
  return Result.getOrElse(opened, (cause) => new Socket().destroy(cause instanceof Error ? cause : new Error("TLS")))
}

const toTlsOptions = ({ host = "" }: Place, { context, serverName }: TlsSource) => {
  const secureContext = context()
  const servername = serverName ?? toServerName(host)
  return {
    ...(secureContext === undefined ? {} : { secureContext }),
    ...(servername === undefined ? {} : { servername })
  }
}

/** RFC 6066 §3: a host name without trailing dot, and no IP address. */
export const toServerName = (host: string): string | undefined =>
  isIP(host) !== 0 || host === "" ? undefined : host.replace(/\.$/, "")
