/** The octets of a request, for those who write to sockets themselves. `headers` end in CRLF each. */
export const postOctets = (path: string, body: string | Buffer, headers = ""): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${headers}` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`
    ),
    Buffer.from(body)
  ])
