/** One end of an XMPP stream, as text: enough to speak to a server, and to lie to it. */
import type { Certificate } from "@posh/testing"
import type { Socket } from "node:net"
import { connect, TLSSocket } from "node:tls"

export class Stream {
  #socket: Socket
  #text = ""
  #ended = false
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  readonly #listen = (): void => {
    this.#socket.on("data", (octets: Buffer) => {
      this.#text += octets.toString("utf8")
      this.#wake()
    })
    for (const event of ["error", "close", "end"]) {
      this.#socket.on(event, () => {
        this.#ended = true
        this.#wake()
      })
    }
  }

  readonly write = (text: string): void => {
    if (!this.#socket.destroyed) this.#socket.write(text)
  }

  readonly end = (): void => void this.#socket.destroy()

  /** Takes the text up to the end of what matches; `undefined` if the stream ends without that. */
  readonly until = async (pattern: RegExp): Promise<RegExpExecArray | undefined> => {
    const match = pattern.exec(this.#text)
    if (match !== null) {
      this.#text = this.#text.slice(match.index + match[0].length)
      return match
    }
    if (this.#ended) return undefined
    await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.until(pattern)
  }

  readonly #take = (socket: Socket): void => {
    this.#socket = socket
    this.#text = ""
    this.#listen()
  }

  readonly #release = (): Socket => {
    for (const event of ["data", "error", "close", "end"]) this.#socket.removeAllListeners(event)
    return this.#socket.on("error", () => undefined)
  }

  readonly secureAsServer = ({ keyPem, pem }: Certificate): void =>
    this.#take(new TLSSocket(this.#release(), { isServer: true, cert: pem, key: keyPem }))

  readonly secureAsClient = (servername: string, certificate: Certificate | undefined): void => {
    const own = certificate === undefined ? {} : { cert: certificate.pem, key: certificate.keyPem }
    this.#take(connect({ socket: this.#release(), servername, rejectUnauthorized: false, ...own }))
  }
}

export const header = (from: string, to: string, version = " version='1.0'"): string =>
  "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' " +
  `xmlns:db='jabber:server:dialback' from='${from}' to='${to}' id='of-the-peer'${version}>`

export const features = (inner = ""): string => `<stream:features>${inner}</stream:features>`

export const starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"

const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
export const external = `<mechanisms ${sasl}><mechanism>EXTERNAL</mechanism></mechanisms>`
export const auth = (name: string): string =>
  `<auth ${sasl} mechanism='EXTERNAL'>${Buffer.from(name).toString("base64")}</auth>`
export const success = `<success ${sasl}/>`
export const proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

export const isHeader = /<stream:stream\s[^>]*>/
