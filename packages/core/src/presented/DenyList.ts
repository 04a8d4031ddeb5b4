/**
 * The deny list: the example certificates of the drafts and of RFC 7711. Their private keys may be public, so they are
 * never accepted, even if a domain publishes them (POSH-SEC-06).
 */
import { type Hashes, hashNames } from "../association/Material.ts"
import { toBase64 } from "../encoding/base64.ts"

/** Is a certificate with these hashes on the list? One equal hash is enough. */
export const isDenied = (hashes: Hashes): boolean =>
  denied.some((entry) =>
    hashNames.some((name) => {
      const listed = entry[name]
      const presented = hashes[name]
      return listed !== undefined && presented !== undefined && Buffer.compare(listed, presented) === 0
    })
  )

/**
 * Is a certificate with this SHA-256, in base64, on the list? Enough for who hashed the certificate itself: the list has the
 * SHA-256 of each entry.
 */
export const isDeniedCertificate = (sha256Text: string): boolean => deniedTexts.has(sha256Text)

const octets = (base64: string): Uint8Array => Buffer.from(base64, "base64")

const denied: ReadonlyArray<Hashes> = [
  // im.example.com, serial 6 (requirements A.1; the first fingerprint of RFC 7711 §3.1 too)
  {
    "sha-256": octets("4/mggdlVx8A3pvHAWW5sD+qJyMtUHgiRuPjVC48N0XQ="),
    "sha-384": octets("F9VKMCqf92FBgTmLYbEGNyQGijh33PZsVnOWF53Pweo4igGrspYiMyU4dJIQX7fd"),
    "sha-512": octets("25N+1hB2Vo42l9lSGqw+n3BKFhDHsyork8ou+D9B43TXeJ1J81mdQEDqm39oR/EHkPBDDG1y5+AG94Kec0xVqA==")
  },
  // hosting.example.net, serial 3
  {
    "sha-256": octets("blxLFlPErNWcGwe1ZUhsLvYWYd0qEZotvAxtHT4XHb8="),
    "sha-384": octets("0hWmEKG+2UOCbJ+I6YuRS0l0smIUlFx5lzl2ZgInSrDAw9jEjpbOvGgu82OF0YKK"),
    "sha-512": octets("8dDI1CiSGNQr3DbENmSgoC1MzwVMGWlfLjcB/RHL4IaIvpZ2otkPIkiSLkEOygt9Yl7U/CjX5wuYQBh1CnYOcw==")
  },
  // hosting.example.net, serial 5
  {
    "sha-256": octets("FYqcUo3jp6nwqCRuwVwgJDEVm0r3BNQC9TOyTDgJvqg="),
    "sha-384": octets("N6NMJeFBj40OzJUFGq3N8qF8NRCDEALjPptRdSSb2nbxyqVOUHJQHbJ/Zv4WzA00"),
    "sha-512": octets("S0zJRtMl5FRTqc6B6aaDZ5z7J8LdanjjVLjWl4uavwv1WOQLLms47pfhgHbteO4A8coWcRtfIKUiZB8cx8mGzg==")
  },
  // Example CA, serial 1 (requirements A.2)
  {
    "sha-256": octets("QSzEovBUUH0B3RBasK9wG1plcVZYhXQuz8srcsHbDUs="),
    "sha-384": octets("O400u2XZXGBMgu+1PrCtpz4uet6DZsDm1lPa2PTH2ELZv6kpkz4NP5+LvFq3Sgfh"),
    "sha-512": octets("xAehtTYdUhWeU0MNFltqWm3UEQEPAbvmCDYVLxE9PZU+DI4p8cauwiJKG9Ap+KEfjidHXXnh+uuEql70lG2u7g==")
  },
  // im.example.com, serial 7 (requirements A.3.10). ONLY ITS SHA-256 IS KNOWN, because the certificate itself is not
  // available: a question with only its SHA-384 or SHA-512 is not denied.
  { "sha-256": octets("otyLADSKjRDjVpj8X7/hmCAD5C7Qe+PedcmYV7cUncE=") }
]

const deniedTexts: ReadonlySet<string> = new Set(
  denied.flatMap((entry) => entry["sha-256"] === undefined ? [] : [toBase64(entry["sha-256"])])
)
