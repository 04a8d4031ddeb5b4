/**
 * What `chat.orchard.example` publishes in the examples: a reference to the fingerprints of its host.
 */
import type { Association } from "../../Association.ts"
import type { Attempt, Material } from "../../Evidence.ts"
import type { Inventory } from "../../Inventory.ts"
import { hashes, hosted } from "./certificate.ts"

export const entries: Material["entries"] = [
  {
    index: 0,
    hashes: {
      "sha-256": "fd1uwiIoYTy999QAvZVFo88Ifs5xlyeGgrTg1ULlDwI=",
      "sha-512": "zNC7/n0WiUYDMtUbM9vqibQLj0ImoNwdkojeak78EiIokxuFwOLhpuDpQl5D5N0qEuWHpsP3ish5D5pzwQUB4Q=="
    }
  },
  { index: 1, hashes: { "sha-256": hashes["sha-256"] } }
]

export const attempt: Attempt = {
  generation: "rfc7711",
  code: "Resolved",
  hops: [
    {
      url: "https://chat.orchard.example/.well-known/posh/xmpp-server.json",
      status: 200,
      address: "192.0.2.1",
      tlsLeafSha256: "vL8lMqmc3y0gBKdqrjWYIGxTd5KThvttczy3YtCtzkQ=",
      startedAt: "2026-11-23T08:00:00Z",
      endedAt: "2026-11-23T08:00:00.065Z",
      document: "reference",
      documentSha256: "5622218239d5212cfc6d73d4f75fc92655dcdb7a267fbc95d051b87b505aa23e"
    },
    {
      url: "https://xmpp.greenhouse.example/tenants/orchard/posh.json",
      status: 200,
      address: "192.0.2.2",
      tlsLeafSha256: "n00+k4wRGz55XOMJ1bqXKbGItAGAVyfLiliapn91i8Y=",
      startedAt: "2026-11-23T08:00:00.069Z",
      endedAt: "2026-11-23T08:00:00.093Z",
      document: "fingerprints",
      documentSha256: "b5f336f0cae0e7e8505bf9de32f5f2c64ef1d6d880b9f2113edfb67f86383e98"
    }
  ],
  cache: "memory"
}

export const lifetime = {
  fetchedAt: "2026-11-23T08:00:00.069Z",
  revalidateAt: "2026-11-23T09:00:00Z",
  graceUntil: "2026-11-23T09:00:00Z",
  expiresAt: "2026-11-23T09:00:00Z"
} as const

export const association: Association = {
  ...hosted,
  state: "material",
  code: "Resolved",
  message: "chat.orchard.example publishes material for xmpp-server (RFC 7711).",
  generation: "rfc7711",
  delegation: "reference",
  delegatedDomain: "xmpp.greenhouse.example",
  material: { kind: "fingerprints", entries },
  ...lifetime,
  refreshAfter: "2026-11-23T08:48:50Z",
  cache: "memory",
  retryable: false,
  evidence: { attempts: [attempt] },
  lints: []
}

export const inventory: Inventory = {
  associations: [{
    ...hosted,
    generation: "rfc7711",
    delegation: "reference",
    delegatedDomain: "xmpp.greenhouse.example",
    fetchedAt: lifetime.fetchedAt,
    revalidateAt: lifetime.revalidateAt,
    expiresAt: lifetime.expiresAt
  }]
}
